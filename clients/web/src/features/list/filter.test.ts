import { expect, test } from 'vitest';
import type { ConversationSummary } from '@aiim/client';
import { matches, type ListFilter } from './filter';

const item = (changes: object) =>
  ({ unreadCount: 0, mentionCount: 0, conversation: { type: 'direct' }, ...changes }) as ConversationSummary;
const found = (text: string, query: string, filter: ListFilter = 'all', changes = {}) =>
  matches(item(changes), filter, query, () => text);

test('every word is looked for, whatever its case, accents and width', () => {
  expect(found('Zoë Ångström', 'zoe ang')).toBe(true);
  expect(found('ＡＢＣ 项目', 'abc 项')).toBe(true);
  expect(found('Zoë Ångström', 'zoe bob')).toBe(false);
});

test('filters and search add up', () => {
  expect(found('Bob', 'bo', 'unread', { unreadCount: 2 })).toBe(true);
  expect(found('Bob', 'bo', 'unread')).toBe(false);
  expect(found('Bob', '', 'mentions', { unreadCount: 2 })).toBe(false);
  expect(found('Team', '', 'groups', { conversation: { type: 'group' } })).toBe(true);
});
