/** The rows that are no messages. */
import type { ConversationSnapshot } from '@aiim/client';
import { ConversationAvatar } from '@/features/people';
import { useT } from '@/i18n';
import { dayName } from '@/lib/time';
import { cx } from '@/ui/cx';
import { Skeleton } from '@/ui/states';

export function DayRow({ at }: { readonly at: string }) {
  return (
    <div className="flex justify-center px-4 pt-5 pb-2">
      <time
        dateTime={at.slice(0, 10)}
        className="rounded-full bg-sunken px-3 py-0.5 text-xs font-medium text-ink-3 first-letter:uppercase"
      >
        {dayName(at)}
      </time>
    </div>
  );
}

export function UnreadRow() {
  const t = useT().messages;
  return (
    <div
      data-unread-line
      className="mx-auto flex max-w-4xl items-center gap-3 px-4 pt-4 pb-2 text-xs font-semibold text-accent-ink md:px-6"
    >
      <span className="h-px flex-1 bg-accent/35" />
      {t.newMessages}
      <span className="h-px flex-1 bg-accent/35" />
    </div>
  );
}

export function StartRow({ snapshot, title }: { readonly snapshot: ConversationSnapshot; readonly title: string }) {
  const t = useT().messages;
  const { conversation } = snapshot;
  if (conversation === null) return null;
  return (
    <div className="flex flex-col items-center gap-3 px-6 pt-10 pb-3 text-center">
      <ConversationAvatar conversation={conversation} size={64} />
      <p className="max-w-80 text-sm text-balance text-ink-3">
        {conversation.type === 'direct' ? t.beginningDirect(title) : t.beginningGroup(title)}
      </p>
    </div>
  );
}

export function MessageSkeletons() {
  const t = useT();
  const widths = ['w-56', 'w-72', 'w-40', 'w-64', 'w-80', 'w-48'];
  return (
    <div
      role="status"
      aria-label={t.common.loading}
      className="mx-auto flex w-full max-w-4xl flex-1 flex-col justify-end gap-3 overflow-hidden p-6"
    >
      {widths.map((width, i) => (
        <Skeleton key={width} className={cx('h-10 max-w-full rounded-2xl', width, i % 3 === 1 && 'self-end')} />
      ))}
    </div>
  );
}
