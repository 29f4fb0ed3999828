import { describe, expect, test } from 'vitest';
import type { Message, MessageItem } from '@aiim/client';
import { buildRows, type Row, type RowOptions } from './rows';

const dayOf = (at: string): number => Math.floor(Date.parse(at) / 86_400_000);
const options: RowOptions = { unreadAfter: null, reachedStart: false, dayOf };

function item(seq: number, sender: string, at: string, changes: Partial<MessageItem> = {}): MessageItem {
  const message = { message_id: `m${seq}`, seq, sender_id: sender, type: 'text', created_at: at } as Message;
  return { key: `k${seq}`, message, mine: sender === 'me', pending: null, error: null, ...changes };
}

const shape = (rows: readonly Row[]): readonly string[] =>
  rows.map((row) =>
    row.kind === 'message' ? `${row.first ? '[' : ''}${row.item.message.seq}${row.last ? ']' : ''}` : row.kind,
  );

const byKey = (rows: readonly Row[]): ReadonlyMap<string, Row> => new Map(rows.map((row) => [row.key, row]));

describe('rows', () => {
  test('messages of one sender within five minutes stand together', () => {
    const rows = buildRows(
      [
        item(1, 'bob', '2026-03-01T10:00:00Z'),
        item(2, 'bob', '2026-03-01T10:04:00Z'),
        item(3, 'ann', '2026-03-01T10:04:10Z'),
        item(4, 'ann', '2026-03-01T10:12:00Z'),
      ],
      options,
    );
    expect(shape(rows)).toEqual(['day', '[1', '2]', '[3]', '[4]']);
  });

  test('a day begins with its name and a new group', () => {
    const rows = buildRows([item(1, 'bob', '2026-03-01T23:59:00Z'), item(2, 'bob', '2026-03-02T00:01:00Z')], options);
    expect(shape(rows)).toEqual(['day', '[1]', 'day', '[2]']);
  });

  test('an unsent message whose clock runs behind does not go back a day', () => {
    const unsent = item(0, 'me', '2026-03-01T23:59:59Z', { pending: 'queued', key: 'unsent' });
    expect(shape(buildRows([item(1, 'bob', '2026-03-02T00:00:10Z'), unsent], options))).toEqual(['day', '[1]', '[0]']);
  });

  test('the line stands above the first unread message of others, once', () => {
    const items = [
      item(1, 'bob', '2026-03-01T10:00:00Z'),
      item(2, 'me', '2026-03-01T10:00:10Z'),
      item(3, 'bob', '2026-03-01T10:00:20Z'),
      item(4, 'bob', '2026-03-01T10:00:30Z'),
    ];
    expect(shape(buildRows(items, { ...options, unreadAfter: 1 }))).toEqual([
      'day',
      '[1]',
      '[2]',
      'unread',
      '[3',
      '4]',
    ]);
    expect(shape(buildRows(items, { ...options, unreadAfter: 4 }))).not.toContain('unread');
  });

  test('only what changed gets a new identity', () => {
    const items = Array.from({ length: 200 }, (_, i) =>
      item(i + 1, i % 3 === 0 ? 'me' : 'bob', '2026-03-01T10:00:00Z'),
    );
    const before = buildRows(items, options);
    const after = buildRows([...items, item(201, 'bob', '2026-03-01T10:00:05Z')], options, byKey(before));
    const changed = after.filter((row, i) => row !== before[i]);
    expect(changed.map((row) => row.key)).toEqual(['k200', 'k201']); // 200 ends its group no more
  });
});
