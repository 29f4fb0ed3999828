/** Pictures of users and conversations, with a dot for who is online. */
import { useMemo } from 'react';
import { Users } from 'lucide-react';
import type { Conversation, PresenceState } from '@aiim/client';
import { useT } from '@/i18n';
import { useClient, useSession } from '@/lib/client';
import { useSnapshot } from '@/lib/use_snapshot';
import { Avatar } from '@/ui/avatar';
import { cx } from '@/ui/cx';
import { useUser } from './names';

export interface UserAvatarProps {
  readonly userId: string;
  readonly size?: number;
  /** Follow and show whether the user is online. */
  readonly presence?: boolean;
  /** The colour behind the dot's ring. */
  readonly ring?: string;
}

export function UserAvatar({ userId, size = 40, presence = false, ring }: UserAvatarProps) {
  const user = useUser(userId);
  return (
    <span className="relative inline-flex shrink-0">
      <Avatar
        id={userId}
        name={user?.display_name || userId}
        src={user?.avatar_url ?? null}
        size={size}
        square={user?.kind === 'bot'}
      />
      {presence && <PresenceDot userId={userId} size={size} {...(ring !== undefined && { ring })} />}
    </span>
  );
}

function PresenceDot({
  userId,
  size,
  ring = 'border-surface',
}: {
  readonly userId: string;
  readonly size: number;
  readonly ring?: string;
}) {
  const client = useClient();
  const t = useT();
  const presence = useSnapshot(useMemo(() => client.presence.user(userId), [client, userId]));
  const state: PresenceState = presence?.state ?? 'offline';
  if (state === 'offline') return null;
  const dot = Math.max(10, Math.round(size * 0.28));
  return (
    <span
      role="img"
      aria-label={state === 'online' ? t.common.online : t.common.away}
      style={{ width: dot, height: dot }}
      className={cx(
        'absolute -right-0.5 -bottom-0.5 rounded-full border-2',
        ring,
        state === 'online' ? 'bg-online' : 'bg-away',
      )}
    />
  );
}

export interface ConversationAvatarProps {
  readonly conversation: Conversation;
  readonly size?: number;
  readonly presence?: boolean;
  readonly ring?: string;
}

export function ConversationAvatar({ conversation, size = 44, presence = false, ring }: ConversationAvatarProps) {
  const { userId } = useSession();
  if (conversation.type === 'direct') {
    const peer = conversation.members.find((member) => member.user_id !== userId)?.user_id ?? userId;
    return <UserAvatar userId={peer} size={size} presence={presence} {...(ring !== undefined && { ring })} />;
  }
  if (conversation.name)
    return <Avatar id={conversation.conversation_id} name={conversation.name} size={size} square />;
  return (
    <span
      aria-hidden
      style={{ width: size, height: size }}
      className="inline-flex shrink-0 items-center justify-center rounded-[28%] bg-accent-soft text-accent-ink [&>svg]:size-1/2"
    >
      <Users />
    </span>
  );
}
