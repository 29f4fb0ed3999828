import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { AiimClient, MemoryStorage, deliveryOf, mayGovern, mayGrant, readersOf } from '../src/index.js';
import { MessageLog } from '../src/message_log.js';
import { ScriptedServer, conversationOf, messageOf } from './scripted_server.js';

const seconds = (n: number): Promise<unknown> => vi.advanceTimersByTimeAsync(n * 1_000);

let server: ScriptedServer;
let client: AiimClient;

const newClient = (fetch: typeof globalThis.fetch): AiimClient =>
  new AiimClient({
    url: 'http://server',
    token: async () => 'token',
    WebSocket: server.WebSocket,
    fetch,
    storage: new MemoryStorage(),
  });

beforeEach(async () => {
  vi.useFakeTimers();
  server = new ScriptedServer();
  server.conversations = [
    conversationOf('c1', { last_seq: 3, rev: 4, unread_count: 3, last_message: messageOf('c1', 3) }),
  ];
  server.messages = [1, 2, 3].map((seq) => messageOf('c1', seq));
  client = newClient(server.fetch);
  client.start();
  await seconds(1);
});

afterEach(async () => {
  await client.close();
  vi.useRealTimers();
});

const created = (seq: number, changes: object = {}): void => {
  const message = messageOf('c1', seq, changes);
  server.socket.push('message.created', { conversation_id: 'c1', rev: message.rev, after: message.rev - 1, message });
};

describe('snapshots', () => {
  test('stay the same object until something changes, and listeners hear once per turn', async () => {
    const conversation = client.conversation('c1');
    conversation.open();
    await seconds(1);
    const heard = vi.fn();
    const stop = conversation.subscribe(heard);
    const before = conversation.getSnapshot();
    expect(conversation.getSnapshot()).toBe(before);
    created(4);
    created(5);
    expect(heard).not.toHaveBeenCalled();
    await seconds(0);
    expect(heard).toHaveBeenCalledTimes(1);
    const after = conversation.getSnapshot();
    expect(after).not.toBe(before);
    expect(after.items.length).toBe(5);
    expect(after.items.slice(0, 3).map((item, i) => item === before.items[i])).toEqual([true, true, true]);
    stop();
    created(6);
    await seconds(0);
    expect(heard).toHaveBeenCalledTimes(1);
  });

  test('rows of the list that did not change keep their identity', async () => {
    server.socket.push('conversation.created', { conversation_id: 'c2', conversation: conversationOf('c2') });
    const before = client.conversations.getSnapshot().items;
    created(4);
    const after = client.conversations.getSnapshot().items;
    expect(after.find((i) => i.conversationId === 'c2')).toBe(before.find((i) => i.conversationId === 'c2'));
    expect(after.find((i) => i.conversationId === 'c1')).not.toBe(before.find((i) => i.conversationId === 'c1'));
    expect(after[0]?.lastItem?.message.seq).toBe(4);
  });

  test('a conversation first heard of by a change of its name asks for its counts', async () => {
    const { unread_count: _, mention_count: __, ...row } = conversationOf('c2', { last_seq: 5, rev: 7 });
    server.socket.push('conversation.updated', { conversation_id: 'c2', rev: 7, after: 6, conversation: row });
    await seconds(1);
    const positions = server.of('sync').at(-1)?.conversations;
    expect(positions).toEqual([{ conversation_id: 'c2', epoch: 'e', rev: 7 }]);
  });

  test('ten thousand messages are shown quickly when one is added', async () => {
    server.messages = Array.from({ length: 200 }, (_, i) => messageOf('c1', 9_801 + i));
    const log = new MessageLog(() => false, 20_000);
    for (let i = 0; i < 50; i++)
      log.insertPage(
        Array.from({ length: 200 }, (_, j) => messageOf('c1', 9_801 - i * 200 + j)),
        { newest: i === 0 },
      );
    expect(log.view().length).toBe(10_000);
    const begun = performance.now();
    for (let i = 1; i <= 100; i++) log.upsert(messageOf('c1', 10_000 + i));
    expect(log.view().slice().length).toBe(10_100);
    expect(performance.now() - begun).toBeLessThan(50);
  });
});

describe('receipts', () => {
  test('ticks follow the cursors of others', async () => {
    const conversation = client.conversation('c1');
    conversation.open();
    await seconds(1);
    created(4, { sender_id: 'alice' });
    const tick = (): string | null => {
      const snapshot = conversation.getSnapshot();
      const shown = deliveryOf(snapshot, snapshot.items.at(-1) as never);
      // The list shows the same.
      expect(client.conversations.getSnapshot().items.find((i) => i.conversationId === 'c1')?.lastDelivery).toBe(shown);
      return shown;
    };
    expect(tick()).toBe('sent');
    server.socket.push('receipt', {
      conversation_id: 'c1',
      user_id: 'bob',
      delivered_seq: 4,
      read_seq: 1,
      timestamp: '',
    });
    expect(tick()).toBe('delivered');
    server.socket.push('receipt', {
      conversation_id: 'c1',
      user_id: 'bob',
      delivered_seq: 4,
      read_seq: 4,
      timestamp: '',
    });
    expect(tick()).toBe('read');
    // Cursors only move forward.
    server.socket.push('receipt', {
      conversation_id: 'c1',
      user_id: 'bob',
      delivered_seq: 2,
      read_seq: 2,
      timestamp: '',
    });
    expect(tick()).toBe('read');
    const snapshot = conversation.getSnapshot();
    expect(readersOf(snapshot, snapshot.items.at(-1) as never)).toEqual(['bob']);
    expect(deliveryOf(snapshot, snapshot.items[0] as never)).toBeNull();
  });

  test('a receipt that overtakes the first list is not lost', async () => {
    await client.close();
    client = newClient(async (input, init) => {
      const answer = await server.fetch(input, init);
      await new Promise((resolve) => setTimeout(resolve, 500));
      return answer;
    });
    const cursors = [{ user_id: 'bob', delivered_seq: 3, read_seq: 3 }];
    const me = { role: 'member', muted: false, pinned: false, delivered_seq: 0, read_seq: 0, unread_count: 3 };
    const page = { conversation_id: 'c1', epoch: 'e', rev: 4, complete: true, messages: [], members: [], cursors, me };
    server.on('sync', (data) => ({
      sync_token: 't',
      conversations: (data.conversations as unknown[]).length > 0 ? [page] : [],
      more: false,
    }));
    client.start();
    await seconds(0.3);
    expect(client.connection.getSnapshot().state).toBe('catching_up');
    server.socket.push('receipt', { conversation_id: 'c1', ...cursors[0], timestamp: '' });
    await seconds(1);
    expect(client.conversation('c1').getSnapshot().othersReadSeq).toBe(3);
  });

  test('what arrives is reported as delivered by itself, gathered', async () => {
    expect(server.of('mark_delivered')).toEqual([{ conversation_id: 'c1', seq: 3 }]);
    created(4);
    created(5);
    created(6, { sender_id: 'alice' });
    await seconds(1);
    expect(server.of('mark_delivered').slice(1)).toEqual([{ conversation_id: 'c1', seq: 5 }]);
  });

  test('reading is gathered, counts at once, and never goes back', async () => {
    const conversation = client.conversation('c1');
    expect(client.conversations.getSnapshot().totalUnread).toBe(3);
    conversation.open();
    await seconds(1);
    conversation.markRead(1);
    conversation.markRead(2);
    expect(conversation.getSnapshot().conversation?.unread_count).toBe(1);
    conversation.markRead();
    conversation.markRead(1);
    conversation.markRead(99);
    expect(client.conversations.getSnapshot().totalUnread).toBe(0);
    await seconds(1);
    expect(server.of('mark_read')).toEqual([{ conversation_id: 'c1', seq: 3 }]);
  });
});

describe('others', () => {
  test('typing is shown until it stops, expires, or the message comes', async () => {
    const typing = (state: string, user_id = 'bob'): void =>
      server.socket.push('typing', { conversation_id: 'c1', user_id, state });
    const who = () => client.conversation('c1').getSnapshot().typing;
    typing('start');
    typing('start', 'alice');
    expect(who()).toEqual(['bob']);
    typing('stop');
    expect(who()).toEqual([]);
    typing('start');
    created(4);
    expect(who()).toEqual([]);
    typing('start');
    await seconds(5);
    expect(who()).toEqual(['bob']);
    await seconds(2);
    expect(who()).toEqual([]);
  });

  test('own typing is told at most every three seconds, and taken back', async () => {
    const conversation = client.conversation('c1');
    for (let i = 0; i < 20; i++) {
      conversation.setTyping(true);
      await seconds(0.2);
    }
    expect(server.of('typing').map((data) => data.state)).toEqual(['start', 'start']);
    await seconds(6);
    expect(server.of('typing').map((data) => data.state)).toEqual(['start', 'start', 'stop']);
    conversation.setTyping(true);
    conversation.send('done');
    await seconds(10);
    expect(server.of('typing').map((data) => data.state)).toEqual(['start', 'start', 'stop', 'start']);
  });

  test('presence is followed for whom somebody watches, again after a reconnect', async () => {
    server.on('presence.watch', (data) => ({
      presence: (data.user_ids as string[]).map((user_id) => ({ user_id, state: 'online', last_seen: null })),
    }));
    const stop = client.presence.watch(['bob', 'carol']);
    const bob = client.presence.user('bob');
    const stopBob = bob.subscribe(() => undefined);
    await seconds(1);
    expect(server.of('presence.watch')).toEqual([{ user_ids: ['bob', 'carol'] }]);
    expect(bob.getSnapshot()?.state).toBe('online');
    server.socket.push('presence', { user_id: 'bob', state: 'away', last_seen: null });
    expect(bob.getSnapshot()?.state).toBe('away');
    server.socket.drop(1006);
    expect(bob.getSnapshot()).toBeNull();
    await seconds(2);
    expect(bob.getSnapshot()?.state).toBe('online');
    stop();
    await seconds(1);
    expect(server.of('presence.watch').at(-1)).toEqual({ user_ids: ['bob'] });
    stopBob();
    await seconds(1);
    expect(server.of('presence.watch').at(-1)).toEqual({ user_ids: [] });
  });

  test('new messages of others are announced once, with whether they mention', async () => {
    const heard = vi.fn();
    client.on('incoming', heard);
    created(4, { content: { text: '@alice', mentions: ['alice'] } });
    created(4, { content: { text: '@alice', mentions: ['alice'] } });
    created(5, { sender_id: 'alice' });
    created(6, { type: 'system' });
    expect(heard).toHaveBeenCalledTimes(1);
    expect(heard.mock.calls[0]?.[0]).toMatchObject({
      mentioned: true,
      message: { seq: 4 },
      conversation: { conversation_id: 'c1' },
    });
  });

  test('reactions are shown at once, and taken back when refused', async () => {
    const conversation = client.conversation('c1');
    conversation.open();
    await seconds(1);
    const reactions = () => conversation.getSnapshot().items[0]?.message.reactions;
    const work = conversation.react('msg_1', '👍');
    expect(reactions()).toEqual([{ emoji: '👍', count: 1, user_ids: ['alice'] }]);
    await seconds(1);
    await work;
    server.accepts = false;
    server.socket.drop(1006);
    await expect(conversation.unreact('msg_1', '👍')).rejects.toMatchObject({ code: 'network' });
    expect(reactions()).toEqual([{ emoji: '👍', count: 1, user_ids: ['alice'] }]);
  });
});

describe('the message log', () => {
  const log = (max = 1_000): MessageLog => new MessageLog(() => false, max);
  const pages = (...seqs: number[]) => seqs.map((seq) => messageOf('c', seq));
  const view = (l: MessageLog): number[] => l.view().map((item) => item.message.seq);

  test('pages that touch become one run; others stay apart', () => {
    const l = log();
    l.insertPage(pages(98, 99, 100), { newest: true });
    l.insertPage(pages(50, 51));
    expect(view(l)).toEqual([98, 99, 100]);
    l.show(50);
    expect(view(l)).toEqual([50, 51]);
    l.insertPage(Array.from({ length: 46 }, (_, i) => messageOf('c', 52 + i)));
    expect(view(l).length).toBe(51);
    l.show(null);
    expect(view(l).at(0)).toBe(50);
  });

  test('a message beyond a gap does not take the view away', () => {
    const l = log();
    l.insertPage(pages(1, 2), { newest: true });
    l.upsert(messageOf('c', 5));
    expect(view(l)).toEqual([1, 2]);
    l.upsert(messageOf('c', 4));
    l.upsert(messageOf('c', 3));
    expect(view(l)).toEqual([1, 2, 3, 4, 5]);
  });

  test('an older version never replaces a newer one, in whatever order they come', () => {
    const l = log();
    l.pageBegan();
    l.upsert(messageOf('c', 1, { rev: 9, content: { text: 'edited' } }));
    l.insertPage(pages(1, 2), { newest: true });
    l.pageEnded();
    expect(l.bySeq(1)?.content.text).toBe('edited');
    l.upsert(messageOf('c', 1, { rev: 3 }));
    expect(l.bySeq(1)?.content.text).toBe('edited');
  });

  test('is bounded: the far end goes', () => {
    const l = log(10);
    l.insertPage(
      Array.from({ length: 10 }, (_, i) => messageOf('c', 91 + i)),
      { newest: true },
    );
    l.upsert(messageOf('c', 101));
    expect([l.size, view(l)[0]]).toEqual([10, 92]);
    l.insertPage(pages(90, 91), { trim: 'back' });
    expect([l.size, view(l)[0], view(l).at(-1)]).toEqual([10, 90, 99]);
  });

  test('too many changes while a page is on its way make it unsound', () => {
    const l = log();
    l.pageBegan();
    for (let seq = 1; seq <= 2_001; seq++) l.upsert(messageOf('c', seq));
    expect(l.pageSound).toBe(false);
    l.pageEnded();
    expect(l.pageSound).toBe(true);
  });
});

describe('roles', () => {
  test('owners govern everybody, admins members, members nobody', () => {
    const roles = ['owner', 'admin', 'member'] as const;
    const table = (may: (a: (typeof roles)[number], b: (typeof roles)[number]) => boolean): string =>
      roles.map((actor) => roles.map((other) => (may(actor, other) ? '1' : '0')).join('')).join(' ');
    expect(table(mayGovern)).toBe('111 001 000');
    expect(table(mayGrant)).toBe('111 011 000');
  });
});
