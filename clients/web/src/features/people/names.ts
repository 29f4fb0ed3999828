/** Names of users and conversations, as they are known now. */
import { useCallback, useMemo, useRef, useSyncExternalStore } from 'react';
import type { AiimClient, Conversation, Observable, User } from '@aiim/client';
import { useT } from '@/i18n';
import { useClient, useSession } from '@/lib/client';
import { useSnapshot } from '@/lib/use_snapshot';

const nobody: Observable<User | null> = { subscribe: () => () => undefined, getSnapshot: () => null };

/** Null until the profile is read, and for "", where it is not known yet whom it is about. */
export function useUser(userId: string): User | null {
  const client = useClient();
  return useSnapshot(useMemo(() => (userId === '' ? nobody : client.users.user(userId)), [client, userId]));
}

export function userNameOf(client: AiimClient, userId: string): string {
  return client.users.get(userId)?.display_name || userId;
}

export function useUserName(userId: string): string {
  return useUser(userId)?.display_name || userId;
}

/** The names of several users, in their order. */
export function useNames(userIds: readonly string[]): readonly string[] {
  const client = useClient();
  const ids = userIds.join('\n');
  const last = useRef<readonly string[]>([]);
  const subscribe = useCallback(
    (listener: () => void) => {
      const stops = ids === '' ? [] : ids.split('\n').map((id) => client.users.user(id).subscribe(listener));
      return () => stops.forEach((stop) => stop());
    },
    [client, ids],
  );
  return useSyncExternalStore(subscribe, () => {
    const names = ids === '' ? [] : ids.split('\n').map((id) => userNameOf(client, id));
    if (names.join('\n') !== last.current.join('\n') || names.length !== last.current.length) last.current = names;
    return last.current;
  });
}

const namedMax = 4;

/** A group's name, else its members' names; of a direct conversation the other one's name. */
export function useConversationTitle(conversation: Conversation | null): string {
  const t = useT();
  const { userId } = useSession();
  const own = conversation?.type === 'group' ? conversation.name : null;
  const others =
    conversation === null || own
      ? []
      : conversation.members
          .filter((member) => member.user_id !== userId)
          .slice(0, namedMax)
          .map((member) => member.user_id);
  const names = useNames(others);
  if (own) return own;
  return names.join(', ') || t.common.unnamedGroup;
}
