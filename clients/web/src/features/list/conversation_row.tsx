import { memo, useState } from 'react';
import { AtSign, BellOff, CircleAlert, Pin } from 'lucide-react';
import { Link } from 'wouter';
import type { ConversationSummary, MessageItem } from '@aiim/client';
import { ConversationAvatar, useConversationTitle, useUserName } from '@/features/people';
import { useT } from '@/i18n';
import { useSession } from '@/lib/client';
import { isEmpty, useDraft } from '@/lib/drafts';
import { plainText, previewOf } from '@/lib/preview';
import { routes } from '@/lib/routes';
import { shortTime } from '@/lib/time';
import { cx } from '@/ui/cx';
import { Badge } from '@/ui/states';
import { Tick } from '@/ui/tick';
import { ConversationMenu } from './conversation_menu';

export interface ConversationRowProps {
  readonly summary: ConversationSummary;
  readonly open: boolean;
}

export const ConversationRow = memo(function ConversationRow({ summary, open }: ConversationRowProps) {
  const t = useT();
  const { conversation, lastItem, unreadCount, mentionCount } = summary;
  const title = useConversationTitle(conversation);
  const [menuAt, setMenuAt] = useState<{ x: number; y: number } | null>(null);
  const at = lastItem?.message.created_at ?? conversation.created_at;
  return (
    <div role="listitem">
      <Link
        href={routes.conversation(summary.conversationId)}
        data-conversation={summary.conversationId}
        aria-current={open ? 'page' : undefined}
        onContextMenu={(event) => {
          event.preventDefault();
          setMenuAt({ x: event.clientX, y: event.clientY });
        }}
        className={cx(
          'group flex h-17 items-center gap-3 rounded-xl px-2.5 transition-colors outline-offset-[-2px]',
          open ? 'bg-active' : 'hover:bg-hover',
        )}
      >
        <ConversationAvatar
          conversation={conversation}
          presence
          ring={open ? 'border-active' : 'border-surface group-hover:border-hover'}
        />
        <span className="min-w-0 flex-1">
          <span className="flex items-center gap-1.5">
            <span
              dir="auto"
              className={cx('min-w-0 truncate text-start', unreadCount > 0 ? 'font-semibold' : 'font-medium')}
            >
              {title}
            </span>
            {conversation.muted && (
              <BellOff role="img" aria-label={t.list.muted} className="size-3.5 shrink-0 text-ink-3" />
            )}
            <time
              dateTime={at}
              className={cx(
                'ml-auto shrink-0 pl-1 text-xs tabular-nums',
                unreadCount > 0 && !conversation.muted ? 'font-medium text-accent-ink' : 'text-ink-3',
              )}
            >
              {shortTime(at)}
            </time>
          </span>
          <span className="mt-0.5 flex items-center gap-1.5 text-sm text-ink-3">
            <Preview summary={summary} />
            {summary.unsent > 0 && lastItem?.pending === 'failed' && (
              <CircleAlert
                role="img"
                aria-label={t.list.unsent(summary.unsent)}
                className="size-4 shrink-0 text-danger"
              />
            )}
            {conversation.pinned && unreadCount === 0 && (
              <Pin role="img" aria-label={t.list.pinned} className="size-3.5 shrink-0 text-ink-3" />
            )}
            {mentionCount > 0 && (
              <span
                role="img"
                aria-label={t.list.mentionCount(mentionCount)}
                className="flex size-5 shrink-0 items-center justify-center rounded-full bg-accent text-on-accent"
              >
                <AtSign aria-hidden className="size-3" strokeWidth={2.5} />
              </span>
            )}
            <Badge count={unreadCount} muted={conversation.muted} label={t.list.unreadCount(unreadCount)} />
          </span>
        </span>
      </Link>
      {menuAt && <ConversationMenu summary={summary} title={title} anchor={menuAt} onClose={() => setMenuAt(null)} />}
    </div>
  );
});

function Preview({ summary }: { readonly summary: ConversationSummary }) {
  const t = useT();
  const { userId } = useSession();
  const draft = useDraft(userId, summary.conversationId);
  const { typing, lastItem } = summary;
  const group = summary.conversation.type === 'group';
  if (typing.length > 0) return <Typing userIds={typing} group={group} />;
  if (!isEmpty(draft) && draft.text.trim() !== '')
    return (
      <span dir="auto" className="min-w-0 flex-1 truncate text-start">
        <span className="font-medium text-danger">{t.list.draft}</span> {plainText(draft.text)}
      </span>
    );
  if (lastItem === null) return <span className="min-w-0 flex-1 truncate">{t.list.noMessages}</span>;
  return <Last item={lastItem} group={group} summary={summary} />;
}

function Typing({ userIds, group }: { readonly userIds: readonly string[]; readonly group: boolean }) {
  const t = useT().list;
  const name = useUserName(userIds[0] ?? '');
  return (
    <span className="min-w-0 flex-1 truncate font-medium text-accent-ink">
      {!group ? t.typing : userIds.length === 1 ? t.typingOne(name) : t.typingMany(userIds.length)}
    </span>
  );
}

function Last({
  item,
  group,
  summary,
}: {
  readonly item: MessageItem;
  readonly group: boolean;
  readonly summary: ConversationSummary;
}) {
  const t = useT();
  const name = useUserName(item.message.sender_id);
  const text = previewOf(item.message, item.mine, t);
  const who = item.message.type === 'system' ? null : item.mine ? t.common.you : group ? name : null;
  return (
    <>
      {summary.lastDelivery !== null && <Tick state={summary.lastDelivery} />}
      <span dir="auto" className="min-w-0 flex-1 truncate text-start">
        {who !== null && <span className="text-ink-2">{who}: </span>}
        <bdi>{text}</bdi>
      </span>
    </>
  );
}
