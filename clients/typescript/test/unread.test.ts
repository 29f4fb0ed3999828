/** Cursors and unread counts where the server's answers and what is read meanwhile overtake each other. */

import { describe, expect, test } from 'vitest';
import { ConversationModel, adoptionClock } from '../src/conversation_model.js';
import type { Conversation, SyncChanges, SyncReset } from '../src/types.js';
import { conversationOf, messageOf } from './scripted_server.js';

const unread = (read: number): Conversation => {
  const row = conversationOf('c1', { last_seq: 3, rev: 4, unread_count: 3 - read });
  return { ...row, members: row.members.map((m) => (m.user_id === 'alice' ? { ...m, read_seq: read } : m)) };
};
const mine = (read: number) => ({
  conversation_id: 'c1',
  role: 'member' as const,
  muted: false,
  pinned: false,
  delivered_seq: 3,
  read_seq: read,
  unread_count: 3 - read,
  mention_count: 0,
});
const page = (read: number): SyncChanges => ({
  conversation_id: 'c1',
  epoch: 'e',
  rev: 4,
  complete: true,
  messages: [],
  members: [],
  cursors: [],
  me: mine(read),
});

const newModel = (): ConversationModel => new ConversationModel('c1', () => 'alice', 100);

describe('a count that is older than what was read here', () => {
  test('is asked for again once the server has the cursor', () => {
    const model = newModel();
    const { unread_count: _, mention_count: __, ...event } = unread(0);
    model.adopt(event);
    model.read(1);
    expect(model.adopt(unread(0))).toBe(true);
    expect(model.behind).toBe(false);
    model.mine(mine(1));
    expect(model.behind).toBe(true);
    model.applySync(page(1), adoptionClock());
    expect(model.behind).toBe(false);
    expect(model.unread().unread).toBe(2);
  });

  test('is asked for again at once if the server has the cursor already', () => {
    const model = newModel();
    model.adopt(unread(0));
    model.read(1);
    model.mine(mine(1));
    model.applySync(page(1), adoptionClock());
    expect(model.unread().unread).toBe(2);
    expect(model.adopt(unread(0))).toBe(false);
    model.applySync(page(1), adoptionClock());
    expect(model.behind).toBe(false);
    expect(model.unread().unread).toBe(2);
  });

  test('counts nothing where all of it was read', () => {
    const model = newModel();
    model.adopt(unread(0));
    model.read(3);
    expect(model.adopt(unread(0))).toBe(true);
    const message = messageOf('c1', 4);
    model.apply({ kind: 'message', created: true, rev: 5, after: 4, message });
    expect(model.unread().unread).toBe(1);
  });
});

test('a receipt that came while a reset was on its way is asked for again', () => {
  const reset: SyncReset = { conversation_id: 'c1', reset: true, reason: 'epoch', conversation: unread(0) };
  const model = newModel();
  model.adopt(unread(0));
  const askedAt = adoptionClock();
  model.receipt({ conversation_id: 'c1', user_id: 'bob', delivered_seq: 3, read_seq: 3, timestamp: '' });
  expect(model.reset(reset, askedAt)).toBe(false);
  expect(model.reset(reset, adoptionClock())).toBe(true);
});
