/**
 * What the message list draws, one row after another: days, the line above what is new, and messages that belong
 * together. Pure; rows that did not change keep their identity, so that only changed ones are drawn again.
 */
import type { MessageItem } from '@aiim/client';

export type Row =
  | { readonly kind: 'start'; readonly key: string }
  | { readonly kind: 'day'; readonly key: string; readonly at: string }
  | { readonly kind: 'unread'; readonly key: string }
  | {
      readonly kind: 'message';
      readonly key: string;
      readonly item: MessageItem;
      /** Whether it begins and ends what one sender wrote in one go. */
      readonly first: boolean;
      readonly last: boolean;
    };

export interface RowOptions {
  /** The line goes above the first message of others after this `seq`; null: no line. */
  readonly unreadAfter: number | null;
  /** The first item is the conversation's first message. */
  readonly reachedStart: boolean;
  /** The number of the local day of a time. */
  readonly dayOf: (at: string) => number;
}

/** Messages of one sender within this time stand together. */
const togetherMs = 5 * 60_000;

function together(a: MessageItem, b: MessageItem): boolean {
  if (a.message.sender_id !== b.message.sender_id) return false;
  if (a.message.type === 'system' || b.message.type === 'system') return false;
  return Date.parse(b.message.created_at) - Date.parse(a.message.created_at) < togetherMs;
}

export function buildRows(
  items: readonly MessageItem[],
  options: RowOptions,
  before: ReadonlyMap<string, Row> = new Map(),
): readonly Row[] {
  const { unreadAfter, reachedStart, dayOf } = options;
  const rows: Row[] = [];
  const add = (row: Row): void => void rows.push(same(before.get(row.key), row));
  if (reachedStart && items.length > 0) add({ kind: 'start', key: 'start' });
  let lineDrawn = unreadAfter === null;
  let day = Number.NaN;
  let begins = true;
  for (const [i, item] of items.entries()) {
    const { message } = item;
    const previous = items[i - 1];
    const thisDay = dayOf(message.created_at);
    begins = previous === undefined || !together(previous, item);
    if (thisDay !== day) {
      // An unsent message's clock may run behind: days do not go back.
      if (!(thisDay < day)) {
        add({ kind: 'day', key: `day ${thisDay}`, at: message.created_at });
        begins = true;
        day = thisDay;
      }
    }
    if (!lineDrawn && !item.mine && message.seq > (unreadAfter as number)) {
      add({ kind: 'unread', key: 'unread' });
      begins = true;
      lineDrawn = true;
    }
    if (begins) endGroup(rows, before);
    add({ kind: 'message', key: item.key, item, first: begins, last: false });
  }
  endGroup(rows, before);
  return rows;
}

/** The last message so far ends its group. */
function endGroup(rows: Row[], before: ReadonlyMap<string, Row>): void {
  for (let i = rows.length - 1; i >= 0 && i >= rows.length - 3; i--) {
    const row = rows[i] as Row;
    if (row.kind !== 'message') continue;
    if (!row.last) rows[i] = same(before.get(row.key), { ...row, last: true });
    return;
  }
}

function same(old: Row | undefined, row: Row): Row {
  if (old === undefined || old.kind !== row.kind) return row;
  if (old.kind === 'message' && row.kind === 'message')
    return old.item === row.item && old.first === row.first && old.last === row.last ? old : row;
  if (old.kind === 'day' && row.kind === 'day') return old.at === row.at ? old : row;
  return old;
}
