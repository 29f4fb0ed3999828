/**
 * The messages: only those in view are in the page. The list keeps to its end while one reads there, keeps its place
 * while earlier messages come in above, and reports what has been read.
 */
import { useCallback, useEffect, useImperativeHandle, useLayoutEffect, useRef, useState, type Ref } from 'react';
import { ArrowDown, CloudAlert, MessageCircle } from 'lucide-react';
import { Virtualizer, type VirtualizerHandle } from 'virtua';
import { deliveryOf, type ConversationSnapshot, type ConversationStore } from '@aiim/client';
import { useT } from '@/i18n';
import { reasonOf } from '@/lib/failures';
import { Button } from '@/ui/button';
import { cx } from '@/ui/cx';
import { Spinner } from '@/ui/spinner';
import { EmptyState } from '@/ui/states';
import { toast } from '@/ui/toasts';
import { MessageRow } from './message_row';
import { useMessageKeys } from './message_keys';
import { DayRow, MessageSkeletons, StartRow, UnreadRow } from './other_rows';
import type { Row } from './rows';
import { usePrepended } from './prepended';
import { useRows } from './use_rows';

export interface MessageListHandle {
  jumpTo(messageId: string): Promise<void>;
  /** An own message was sent: show the end. */
  sent(): void;
}

export interface MessageListProps {
  readonly ref?: Ref<MessageListHandle>;
  readonly store: ConversationStore;
  readonly snapshot: ConversationSnapshot;
  readonly title: string;
}

/** This near to the end one reads at the end. */
const endPx = 32;
/** Pages are asked for before one arrives at the edge. */
const aheadPx = 1_200;
const highlightMs = 1_600;

export function MessageList({ ref, store, snapshot, title }: MessageListProps) {
  const t = useT();
  const { items, hasOlder, hasNewer, status } = snapshot;
  const [unreadAfter, setUnreadAfter] = useState<number | null>(null);
  const ready = status === 'ready';
  const rows = useRows(items, unreadAfter, ready && !hasOlder);
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useRef<VirtualizerHandle>(null);
  const atEnd = useRef(true);
  const [awayFromEnd, setAwayFromEnd] = useState(false);
  const [newBelow, setNewBelow] = useState(0);
  const [highlighted, setHighlighted] = useState<string | null>(null);
  const [target, setTarget] = useState<string | null>(null);
  const prepended = usePrepended(rows);
  const latest = useRef({ rows, snapshot });
  latest.current = { rows, snapshot };
  const keys = useMessageKeys(rows, scroller, virtual);

  const toEnd = useCallback(() => {
    const element = scroller.current;
    if (element !== null) element.scrollTop = element.scrollHeight;
  }, []);

  const reportRead = useCallback(() => {
    const { rows, snapshot } = latest.current;
    const handle = virtual.current;
    if (handle === null || !document.hasFocus() || document.visibilityState !== 'visible') return;
    const last = atEnd.current ? rows.length - 1 : handle.findItemIndex(handle.scrollOffset + handle.viewportSize - 24);
    for (let i = Math.min(last, rows.length - 1); i >= 0; i--) {
      const row = rows[i];
      if (row?.kind !== 'message' || row.item.message.seq === 0) continue;
      if (row.item.message.seq > snapshot.readSeq) store.markRead(row.item.message.seq);
      return;
    }
  }, [store]);

  const scrolled = useCallback(() => {
    const element = scroller.current;
    if (element === null) return;
    const { snapshot } = latest.current;
    const below = element.scrollHeight - element.scrollTop - element.clientHeight;
    atEnd.current = below < endPx && !snapshot.hasNewer;
    setAwayFromEnd(below > element.clientHeight / 2 || snapshot.hasNewer);
    if (atEnd.current) setNewBelow(0);
    if (element.scrollTop < aheadPx && snapshot.hasOlder) store.loadOlder().catch(() => undefined);
    if (below < aheadPx && snapshot.hasNewer) store.loadNewer().catch(() => undefined);
    reportRead();
  }, [store, reportRead]);

  // When it is first shown: at the line above what is new, else at the end.
  const begun = useRef(false);
  useLayoutEffect(() => {
    if (begun.current || !ready) return;
    begun.current = true;
    const { readSeq, conversation } = snapshot;
    if ((conversation?.unread_count ?? 0) === 0) return;
    setUnreadAfter(readSeq);
    const first = items.find((item) => !item.mine && item.message.seq > readSeq);
    if (first !== undefined && (items[0]?.message.seq ?? 0) <= readSeq + 1) setTarget('unread');
    else if (hasOlder) {
      void store.loadAround({ seq: readSeq + 1 }).then(
        () => setTarget('unread'),
        () => undefined,
      );
    }
  }, [ready, snapshot, items, hasOlder, store]);

  // Own and foreign arrivals.
  const lastKey = useRef<string | null>(null);
  useLayoutEffect(() => {
    const last = items.at(-1);
    const known = lastKey.current;
    lastKey.current = last?.key ?? null;
    if (target !== null) return;
    if (atEnd.current) toEnd();
    if (last === undefined || known === null || known === last.key) return;
    const from = items.findLastIndex((item) => item.key === known);
    if (from === -1) return;
    const arrived = items.slice(from + 1).filter((item) => !item.mine);
    if (arrived.length === 0) return;
    if (!atEnd.current) setNewBelow((count) => count + arrived.length);
    if (!document.hasFocus()) setUnreadAfter((line) => line ?? store.getSnapshot().readSeq);
    reportRead();
  }, [items, target, toEnd, reportRead, store]);

  useLayoutEffect(() => {
    if (target === null) return;
    const index = rows.findIndex((row) => row.key === target);
    if (index === -1) return;
    setTarget(null);
    atEnd.current = false;
    virtual.current?.scrollToIndex(index, {
      align: target === 'unread' ? 'start' : 'center',
      offset: target === 'unread' ? -64 : 0,
    });
    requestAnimationFrame(scrolled);
  }, [target, rows, scrolled]);

  useEffect(() => {
    const focused = (): void => reportRead();
    window.addEventListener('focus', focused);
    document.addEventListener('visibilitychange', focused);
    return () => {
      window.removeEventListener('focus', focused);
      document.removeEventListener('visibilitychange', focused);
    };
  }, [reportRead]);

  const showLatest = useCallback(async (): Promise<void> => {
    atEnd.current = true;
    setNewBelow(0);
    setAwayFromEnd(false);
    if (store.getSnapshot().hasNewer)
      await store.loadLatest().catch((error: unknown) => toast(reasonOf(error), 'error'));
    toEnd();
  }, [store, toEnd]);

  useImperativeHandle(ref, () => ({
    async jumpTo(messageId) {
      try {
        await store.loadAround({ messageId });
      } catch (error) {
        toast(reasonOf(error), 'error');
        return;
      }
      const item = store.getSnapshot().items.find((each) => each.message.message_id === messageId);
      if (item === undefined) return;
      setTarget(item.key);
      setHighlighted(item.key);
      setTimeout(() => setHighlighted((key) => (key === item.key ? null : key)), highlightMs);
    },
    sent() {
      setUnreadAfter(null);
      void showLatest();
    },
  }));

  if (!ready && items.length === 0)
    return snapshot.loadError !== null ? (
      <EmptyState
        className="flex-1"
        icon={<CloudAlert />}
        title={t.messages.loadFailed}
        text={reasonOf(snapshot.loadError)}
        action={<Button onClick={() => void store.loadLatest().catch(() => undefined)}>{t.common.retry}</Button>}
      />
    ) : (
      <MessageSkeletons />
    );
  if (items.length === 0)
    return (
      <EmptyState
        className="flex-1"
        icon={<MessageCircle />}
        title={t.messages.emptyTitle}
        text={t.messages.emptyText}
      />
    );
  return (
    <div className="relative flex min-h-0 flex-1 flex-col">
      {snapshot.loadingOlder && (
        <div className="pointer-events-none absolute inset-x-0 top-2 z-10 flex justify-center">
          <span
            role="status"
            aria-label={t.messages.loadingOlder}
            className="rounded-full bg-raised p-1.5 shadow-float"
          >
            <Spinner className="size-4 text-ink-3" />
          </span>
        </div>
      )}
      <div
        ref={scroller}
        role="log"
        aria-label={t.messages.log}
        aria-live="off"
        tabIndex={0}
        onScroll={scrolled}
        onKeyDown={keys.onKeyDown}
        data-message-list
        className="flex flex-1 flex-col overflow-x-hidden overflow-y-auto overscroll-contain outline-offset-[-2px] [overflow-anchor:none]"
      >
        <div className="flex-1" />
        <Virtualizer
          ref={virtual}
          data={rows}
          shift={prepended.shift}
          key={prepended.generation}
          scrollRef={scroller}
          bufferSize={600}
          keepMounted={keys.keepMounted}
          itemSize={56}
          onResize={() => atEnd.current && toEnd()}
        >
          {(row: Row) => (
            <div
              key={row.key}
              {...(row.kind === 'message' && { 'data-row': row.key, tabIndex: -1, className: 'message-row' })}
            >
              {row.kind === 'message' ? (
                <MessageRow row={row} delivery={deliveryOf(snapshot, row.item)} highlighted={row.key === highlighted} />
              ) : row.kind === 'day' ? (
                <DayRow at={row.at} />
              ) : row.kind === 'unread' ? (
                <UnreadRow />
              ) : (
                <StartRow snapshot={snapshot} title={title} />
              )}
            </div>
          )}
        </Virtualizer>
        <div className="h-3 shrink-0" />
      </div>
      <button
        type="button"
        aria-label={newBelow > 0 ? t.messages.newBelow(newBelow) : t.messages.jumpToLatest}
        data-tip={t.messages.jumpToLatest}
        tabIndex={awayFromEnd ? 0 : -1}
        aria-hidden={!awayFromEnd}
        onClick={() => void showLatest()}
        className={cx(
          'absolute right-4 bottom-4 z-10 flex size-10 items-center justify-center rounded-full border border-line bg-raised text-ink-2 shadow-float transition-all hover:text-ink',
          !awayFromEnd && 'pointer-events-none translate-y-3 opacity-0',
        )}
      >
        <ArrowDown aria-hidden className="size-5" />
        {newBelow > 0 && (
          <span
            aria-hidden
            className="absolute -top-2 min-w-5 rounded-full bg-accent px-1.5 text-2xs leading-5 font-semibold text-on-accent"
          >
            {newBelow > 99 ? '99+' : newBelow}
          </span>
        )}
      </button>
      <span className="sr-only">{hasNewer ? t.messages.jumpToLatest : ''}</span>
    </div>
  );
}
