import { ArrowLeft, BellOff, PanelRight } from 'lucide-react';
import { useLocation } from 'wouter';
import type { ConversationSnapshot } from '@aiim/client';
import { ConversationAvatar, PresenceText, useNames } from '@/features/people';
import { useT } from '@/i18n';
import { useSession } from '@/lib/client';
import { routes } from '@/lib/routes';
import { IconButton } from '@/ui/button';
import { Skeleton } from '@/ui/states';

export interface ConversationHeaderProps {
  readonly snapshot: ConversationSnapshot;
  readonly title: string;
  readonly detailsOpen: boolean;
  readonly onDetails: () => void;
}

export function ConversationHeader({ snapshot, title, detailsOpen, onDetails }: ConversationHeaderProps) {
  const t = useT();
  const [, navigate] = useLocation();
  const { conversation } = snapshot;
  return (
    <header className="flex h-15 shrink-0 items-center gap-3 border-b border-line bg-surface px-3 md:px-4">
      <IconButton label={t.common.back} className="-mr-1 md:hidden" onClick={() => navigate(routes.home)}>
        <ArrowLeft />
      </IconButton>
      {conversation === null ? (
        <>
          <Skeleton className="size-9 rounded-full" />
          <Skeleton className="h-4 w-40" />
        </>
      ) : (
        <>
          <h2 className="sr-only">{title}</h2>
          <button
            type="button"
            aria-expanded={detailsOpen}
            onClick={onDetails}
            className="flex min-w-0 flex-1 items-center gap-3 rounded-lg text-left"
          >
            <ConversationAvatar conversation={conversation} size={36} presence />
            <span className="min-w-0">
              <span className="flex items-center gap-1.5">
                <span dir="auto" className="truncate text-[0.9375rem] leading-5 font-semibold">
                  {title}
                </span>
                {conversation.muted && (
                  <BellOff role="img" aria-label={t.list.muted} className="size-3.5 shrink-0 text-ink-3" />
                )}
              </span>
              <span className="block truncate text-xs text-ink-3">
                <Subtitle snapshot={snapshot} />
              </span>
            </span>
          </button>
          <IconButton label={t.messages.details} pressed={detailsOpen} onClick={onDetails}>
            <PanelRight />
          </IconButton>
        </>
      )}
    </header>
  );
}

function Subtitle({ snapshot }: { readonly snapshot: ConversationSnapshot }) {
  const t = useT();
  const { userId } = useSession();
  const { typing, conversation, members } = snapshot;
  const [typist] = useNames(typing.slice(0, 1));
  if (typing.length > 0)
    return (
      <span className="font-medium text-accent-ink">
        {conversation?.type === 'direct'
          ? t.list.typing
          : typing.length === 1
            ? t.list.typingOne(typist ?? '')
            : t.list.typingMany(typing.length)}
      </span>
    );
  if (conversation?.type === 'group') return t.messages.members(conversation.member_count);
  const peer = members.find((member) => member.user_id !== userId)?.user_id;
  return peer === undefined ? null : <PresenceText userId={peer} />;
}
