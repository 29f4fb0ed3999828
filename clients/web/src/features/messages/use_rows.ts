import { useMemo, useRef } from 'react';
import type { MessageItem } from '@aiim/client';
import { dayNumber } from '@/lib/time';
import { buildRows, type Row } from './rows';

const days = new Map<string, number>();

function dayOf(at: string): number {
  // Times share their first 13 characters within an hour, and no time zone's day begins within one… but quarters do.
  const key = at.slice(0, 15);
  let day = days.get(key);
  if (day === undefined) {
    if (days.size > 5_000) days.clear();
    days.set(key, (day = dayNumber(new Date(at))));
  }
  return day;
}

/** The rows of the items in view, and whether rows were put before those of the last time. */
export function useRows(
  items: readonly MessageItem[],
  unreadAfter: number | null,
  reachedStart: boolean,
): readonly Row[] {
  const before = useRef<ReadonlyMap<string, Row>>(new Map());
  return useMemo(() => {
    const rows = buildRows(items, { unreadAfter, reachedStart, dayOf }, before.current);
    before.current = new Map(rows.map((row) => [row.key, row]));
    return rows;
  }, [items, unreadAfter, reachedStart]);
}
