/**
 * The messages by keyboard: ↑ and ↓ move from one to the next, Enter opens its menu, letters do what the menu does,
 * Escape goes back to writing.
 */
import { useCallback, useRef, useState, type KeyboardEvent, type RefObject } from 'react';
import type { VirtualizerHandle } from 'virtua';
import { showOverlay } from '@/lib/overlays';
import { useMessages } from './context';
import type { Row } from './rows';

export function useMessageKeys(
  rows: readonly Row[],
  scroller: RefObject<HTMLElement | null>,
  virtual: RefObject<VirtualizerHandle | null>,
) {
  const { store, actions } = useMessages();
  const [activeKey, setActiveKey] = useState<string | null>(null);
  const latest = useRef(rows);
  latest.current = rows;
  // The focus follows in the next frame; keys that come before go on from here.
  const following = useRef<string | null>(null);
  const activeIndex = activeKey === null ? -1 : rows.findIndex((row) => row.key === activeKey);

  const move = useCallback(
    (from: number, step: 1 | -1) => {
      const rows = latest.current;
      let to = from === -1 ? rows.length - 1 : from + step;
      while (rows[to] !== undefined && rows[to]?.kind !== 'message') to += step;
      const row = rows[to];
      if (row === undefined) return;
      setActiveKey(row.key);
      following.current = row.key;
      virtual.current?.scrollToIndex(to, { align: 'nearest' });
      requestAnimationFrame(() => {
        if (following.current !== row.key) return;
        following.current = null;
        rowElement(scroller.current, row.key)?.focus({ preventScroll: true });
      });
    },
    [scroller, virtual],
  );

  const onKeyDown = (event: KeyboardEvent<HTMLElement>): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const element = (event.target as HTMLElement).closest<HTMLElement>('[data-row]');
    const from = following.current ?? element?.dataset.row;
    const at = from === undefined ? -1 : rows.findIndex((row) => row.key === from);
    if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
      if (element !== null && event.target !== element) return; // a button of the row has the focus
      event.preventDefault();
      move(at, event.key === 'ArrowUp' ? -1 : 1);
      return;
    }
    if (event.key === 'Escape') {
      document.getElementById('composer')?.focus();
      return;
    }
    const row = rows[at];
    if (row?.kind !== 'message' || element === null || event.target !== element) return;
    const { item } = row;
    const { message } = item;
    const settled = item.pending === null && message.status !== 'recalled' && message.type !== 'system';
    if (event.key === 'Enter' || event.key === ' ') actions.menu(item, element);
    else if (settled && event.key === 'r') actions.reply(message);
    else if (settled && event.key === 'e' && item.mine && message.type === 'text') actions.edit(message);
    else if (settled && (event.key === '+' || event.key === ':')) actions.pickReaction(item, element);
    else if (settled && event.key === 'c' && message.content.text !== undefined)
      void navigator.clipboard.writeText(message.content.text);
    else if (settled && event.key === 'Delete' && item.mine)
      showOverlay({ kind: 'recall', conversationId: store.id, messageId: message.message_id });
    else return;
    event.preventDefault();
  };

  return { onKeyDown, keepMounted: activeIndex === -1 ? [] : [activeIndex] };
}

function rowElement(scroller: HTMLElement | null, key: string): HTMLElement | null {
  return scroller?.querySelector<HTMLElement>(`[data-row="${CSS.escape(key)}"]`) ?? null;
}
