/** The conversations: filter, new one, and the virtual list of rows. */
import { useDeferredValue, useMemo, useState } from 'react';
import { CheckCheck, CloudAlert, MessageCirclePlus, MessagesSquare, Search, SearchX, SquarePen } from 'lucide-react';
import { VList } from 'virtua';
import type { ConversationSummary } from '@aiim/client';
import { useT } from '@/i18n';
import { useClient } from '@/lib/client';
import { reasonOf } from '@/lib/failures';
import { useSnapshot } from '@/lib/use_snapshot';
import { Button, IconButton } from '@/ui/button';
import { cx } from '@/ui/cx';
import { EmptyState, Skeleton } from '@/ui/states';
import { AccountMenu } from '@/features/profile';
import { showOverlay } from '@/lib/overlays';
import { ConversationRow } from './conversation_row';
import { matches, type ListFilter } from './filter';
import { useSearchTexts } from './search_texts';

export function ConversationList({ openId }: { readonly openId: string | null }) {
  const t = useT();
  const client = useClient();
  const list = useSnapshot(client.conversations);
  const [filter, setFilter] = useState<ListFilter>('all');
  const [query, setQuery] = useState('');
  const wanted = useDeferredValue(query);
  const textOf = useSearchTexts();
  const shown = useMemo(
    // The open one stays where it is when reading it takes it out of "unread".
    () =>
      list.items.filter(
        (item) => (item.conversationId === openId && wanted === '') || matches(item, filter, wanted, textOf),
      ),
    [list.items, filter, wanted, textOf, openId],
  );
  return (
    <div className="flex min-h-0 w-full flex-col">
      <header className="flex shrink-0 items-center gap-1 px-3 pt-3 pb-2">
        <AccountMenu />
        <h1 className="min-w-0 flex-1 truncate pl-2 text-[1.0625rem] font-semibold">{t.list.title}</h1>
        <IconButton label={t.list.newConversation} onClick={() => showOverlay({ kind: 'new_conversation' })}>
          <SquarePen />
        </IconButton>
      </header>
      <div className="shrink-0 px-3 pb-2">
        <div className="relative">
          <Search
            aria-hidden
            className="pointer-events-none absolute top-1/2 left-3 size-4 -translate-y-1/2 text-ink-3"
          />
          <input
            type="search"
            data-filter
            aria-label={t.list.filter}
            placeholder={t.common.search}
            value={query}
            onChange={(event) => setQuery(event.target.value)}
            onKeyDown={(event) => event.key === 'Escape' && setQuery('')}
            className="h-9 w-full rounded-lg border border-transparent bg-sunken pr-3 pl-9 text-base outline-none focus:border-accent focus:bg-surface focus:ring-3 focus:ring-accent/20 [&::-webkit-search-cancel-button]:appearance-none"
          />
        </div>
        <Filters filter={filter} onChange={setFilter} items={list.items} />
      </div>
      {list.status === 'loading' && list.items.length === 0 ? (
        <ListSkeleton />
      ) : list.status === 'error' && list.items.length === 0 ? (
        <EmptyState className="flex-1" icon={<CloudAlert />} title={t.list.failed} text={reasonOf(list.error)} />
      ) : shown.length === 0 ? (
        <NothingHere searching={wanted !== ''} filter={filter} />
      ) : (
        <VList
          data={shown}
          role="list"
          itemSize={68}
          keepMounted={
            openId === null
              ? []
              : [
                  Math.max(
                    0,
                    shown.findIndex((item) => item.conversationId === openId),
                  ),
                ]
          }
          className="flex-1 px-2 pb-2"
          onScrollEnd={() => list.hasMore && void client.conversations.loadMore().catch(() => undefined)}
        >
          {(item: ConversationSummary) => (
            <ConversationRow key={item.conversationId} summary={item} open={item.conversationId === openId} />
          )}
        </VList>
      )}
    </div>
  );
}

function Filters({
  filter,
  onChange,
  items,
}: {
  readonly filter: ListFilter;
  readonly onChange: (filter: ListFilter) => void;
  readonly items: readonly ConversationSummary[];
}) {
  const t = useT().list;
  const unread = items.filter((item) => item.unreadCount > 0).length;
  const mentions = items.filter((item) => item.mentionCount > 0).length;
  const chips: readonly { readonly value: ListFilter; readonly label: string; readonly count?: number }[] = [
    { value: 'all', label: t.all },
    { value: 'unread', label: t.unread, count: unread },
    { value: 'mentions', label: t.mentions, count: mentions },
    { value: 'groups', label: t.groups },
  ];
  return (
    <div className="mt-2 flex gap-1 overflow-x-auto [scrollbar-width:none]" role="group" aria-label={t.filter}>
      {chips.map((chip) => (
        <button
          key={chip.value}
          type="button"
          aria-pressed={chip.value === filter}
          onClick={() => onChange(chip.value)}
          className={cx(
            'h-7 shrink-0 rounded-full px-3 text-sm font-medium transition-colors',
            chip.value === filter ? 'bg-accent-soft text-accent-ink' : 'text-ink-3 hover:bg-hover hover:text-ink',
          )}
        >
          {chip.label}
          {!!chip.count && <span className="ml-1 tabular-nums">{chip.count}</span>}
        </button>
      ))}
    </div>
  );
}

function NothingHere({ searching, filter }: { readonly searching: boolean; readonly filter: ListFilter }) {
  const t = useT().list;
  if (searching)
    return <EmptyState className="flex-1" icon={<SearchX />} title={t.nothingFound} text={t.nothingFoundText} />;
  if (filter !== 'all')
    return (
      <EmptyState
        className="flex-1"
        icon={filter === 'groups' ? <MessagesSquare /> : <CheckCheck />}
        title={filter === 'groups' ? t.empty : t.nothingUnread}
        text={filter === 'groups' ? t.emptyText : t.nothingUnreadText}
      />
    );
  return (
    <EmptyState
      className="flex-1"
      icon={<MessageCirclePlus />}
      title={t.empty}
      text={t.emptyText}
      action={
        <Button variant="primary" onClick={() => showOverlay({ kind: 'new_conversation' })}>
          {t.newConversation}
        </Button>
      }
    />
  );
}

function ListSkeleton() {
  const t = useT();
  return (
    <div role="status" aria-label={t.common.loading} className="flex-1 space-y-1 overflow-hidden px-2">
      {Array.from({ length: 9 }, (_, i) => (
        <div key={i} className="flex h-17 items-center gap-3 px-2.5">
          <Skeleton className="size-11 shrink-0 rounded-full" />
          <div className="min-w-0 flex-1 space-y-2">
            <Skeleton className={cx('h-3.5', i % 3 === 0 ? 'w-1/2' : 'w-2/5')} />
            <Skeleton className={cx('h-3', i % 2 === 0 ? 'w-4/5' : 'w-3/5')} />
          </div>
        </div>
      ))}
    </div>
  );
}
