/** The client against the real server: people who talk, cut connections, repeats, and a server that dies. */

import { execFile, spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  AiimClient,
  AuthSession,
  MemoryStorage,
  deliveryOf,
  type AiimClientOptions,
  type ConversationStore,
  type Message,
} from '../src/index.js';
import { Random } from './random.js';
import { CuttingProxy, RealServer, clientOf, eventually, logOf, pause, started } from './real_server.js';

let server: RealServer;
const clients: AiimClient[] = [];
const proxies: CuttingProxy[] = [];
let people = 0;

/** Names that no other test uses. */
const someone = (name: string): string => `${name}-${++people}`;

async function join(userId: string, options: Partial<AiimClientOptions> = {}): Promise<AiimClient> {
  const client = await started(server, userId, options);
  clients.push(client);
  return client;
}

async function proxied(): Promise<CuttingProxy> {
  const proxy = await CuttingProxy.start(server.port);
  proxies.push(proxy);
  return proxy;
}

beforeAll(async () => {
  server = await RealServer.start();
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await Promise.all(proxies.splice(0).map((proxy) => proxy.end()));
});

afterAll(() => server?.end());

const texts = (conversation: ConversationStore): (string | undefined)[] =>
  conversation.getSnapshot().items.map((item) => item.message.content.text);

/** What a REST read says of one's own messages is derived from cursors; everybody's is the same without. */
const shared = (message: Message): Message => ({
  ...message,
  status: message.status === 'delivered' || message.status === 'read' ? 'sent' : message.status,
});

describe('talking', () => {
  test('a message arrives, and its tick goes from sent to delivered to read', async () => {
    const [a, b] = [someone('alice'), someone('bob')];
    const alice = await join(a);
    const here = await alice.conversations.direct(b);
    here.open();
    const bob = await join(b, { autoMarkDelivered: false });
    const there = bob.conversation(here.id);
    const id = here.send('Hello, Bob! 你好 👋');
    expect(here.getSnapshot().items.at(-1)).toMatchObject({ key: id, mine: true });
    await eventually('it has arrived', () => bob.conversations.getSnapshot().items[0]?.unreadCount === 1);
    const tick = () => deliveryOf(here.getSnapshot(), here.getSnapshot().items.at(-1) as never);
    expect(tick()).toBe('sent');
    await bob.request('mark_delivered', { conversation_id: here.id, seq: 1 });
    await eventually('it is delivered', () => tick() === 'delivered');
    const close = there.open();
    await eventually('it is shown', () => texts(there).length === 1);
    there.markRead();
    expect(bob.conversations.getSnapshot().totalUnread).toBe(0);
    await eventually('it is read', () => tick() === 'read');
    expect(texts(there)).toEqual(['Hello, Bob! 你好 👋']);
    expect((await here.receipts(here.getSnapshot().items[0]?.message.message_id ?? '')).receipts).toMatchObject([
      { user_id: b },
    ]);
    close();
  });

  test('edits, reactions and recalls reach everybody', async () => {
    const [a, b] = [someone('alice'), someone('bob')];
    const alice = await join(a);
    const here = await alice.conversations.create({ type: 'group', name: 'team', member_ids: [b] });
    here.open();
    const bob = await join(b);
    const there = bob.conversation(here.id);
    there.open();
    const first = await here.sendAndWait('first');
    const second = await here.sendAndWait('second');
    await here.edit(first.message_id, 'first, mended');
    await eventually('bob has both', () => texts(there).length === 2);
    await there.react(first.message_id, '👍');
    await here.recall(second.message_id);
    for (const side of [here, there]) {
      await eventually(
        'all is seen',
        () =>
          side.getSnapshot().items[1]?.message.status === 'recalled' &&
          side.getSnapshot().items[0]?.message.reactions.length === 1,
      );
      expect(side.getSnapshot().items[0]?.message).toMatchObject({
        content: { text: 'first, mended' },
        reactions: [{ emoji: '👍', count: 1, user_ids: [b] }],
      });
      expect(side.getSnapshot().items[1]?.message.content).toEqual({});
    }
    await expect(there.edit(first.message_id, 'not mine')).rejects.toMatchObject({ code: 'forbidden' });
    await expect(here.edit(second.message_id, 'too late')).rejects.toMatchObject({ code: 'conflict' });
  });

  test('members come, change and go; names, pins and mutes reach one’s other devices', async () => {
    const [a, b, c] = [someone('alice'), someone('bob'), someone('carol')];
    const alice = await join(a);
    const here = await alice.conversations.create({ type: 'group', name: 'team', member_ids: [b] });
    await here.sendAndWait('before carol');
    const carol = await join(c);
    expect(carol.conversations.getSnapshot().items).toEqual([]);
    await here.addMembers([c]);
    await eventually('carol sees it', () => carol.conversations.getSnapshot().items.length === 1);
    const there = carol.conversation(here.id);
    there.open();
    await eventually('with its history', () => texts(there).length === 1);
    await here.setRole(c, 'admin');
    await eventually('she is an admin', () => there.getSnapshot().conversation?.role === 'admin');
    await there.rename('the team');
    await eventually('it has a new name', () => here.getSnapshot().conversation?.name === 'the team');
    expect(
      here
        .getSnapshot()
        .members.map((m) => m.user_id)
        .sort(),
    ).toEqual([a, b, c].sort());
    const phone = await join(a);
    await here.setPinned(true);
    await here.setMuted(true);
    await eventually(
      'the phone knows',
      () =>
        phone.conversations.getSnapshot().items[0]?.conversation.pinned === true &&
        phone.conversations.getSnapshot().items[0]?.conversation.muted === true,
    );
    await here.removeMember(c);
    await eventually(
      'it is gone',
      () => there.getSnapshot().status === 'removed' && carol.conversations.getSnapshot().items.length === 0,
    );
    await eventually('two are left', () => here.getSnapshot().conversation?.member_count === 2);
    await expect(there.sendAndWait('still here?')).rejects.toMatchObject({ code: 'not_found' });
  });

  test('pages go both ways, and jump', async () => {
    const alice = await join(someone('alice'), { limits: { pageSize: 10 } });
    const here = await alice.conversations.create({ type: 'group', name: 'long', member_ids: [someone('bob')] });
    for (let i = 1; i <= 95; i++) here.send(`${i}`);
    await eventually('all are sent', () => alice.outbox.getSnapshot().length === 0);
    const again = await join(alice.me.userId ?? '', { limits: { pageSize: 10 } });
    const there = again.conversation(here.id);
    there.open();
    await eventually('the newest are shown', () => there.getSnapshot().items.length === 10);
    expect(texts(there)[9]).toBe('95');
    await there.loadOlder();
    expect([texts(there).length, texts(there)[0]]).toEqual([20, '76']);
    await there.loadAround({ seq: 30 });
    expect(texts(there)).toContain('30');
    expect(there.getSnapshot()).toMatchObject({ hasOlder: true, hasNewer: true });
    for (let i = 0; i < 12 && there.getSnapshot().hasNewer; i++) await there.loadNewer();
    expect(there.getSnapshot().hasNewer).toBe(false);
    for (let i = 0; i < 12 && there.getSnapshot().hasOlder; i++) await there.loadOlder();
    expect(texts(there)).toEqual(Array.from({ length: 95 }, (_, i) => String(i + 1)));
    const middle = there.getSnapshot().items[40]?.message.message_id ?? '';
    await there.loadAround({ messageId: middle });
    expect(there.findMessage(middle)?.content.text).toBe('41');
  });
});

describe('signing in', () => {
  test('a local account signs in, stays, and leaves', async () => {
    const name = someone('dave');
    const session = new AuthSession({ url: server.url });
    expect(
      await session.register({ username: name, password: 'correct horse battery', display_name: 'Dave' }),
    ).toMatchObject({ user_id: name, display_name: 'Dave' });
    const storage = new MemoryStorage();
    const second = new AuthSession({ url: server.url, storage });
    await expect(second.login(name, 'wrong password')).rejects.toMatchObject({ code: 'unauthenticated' });
    await second.login(name, 'correct horse battery');
    const client = clientOf(server, name, { token: second.token });
    clients.push(client);
    client.start();
    await client.ready();
    await eventually('the profile is read', () => client.me.getSnapshot()?.display_name === 'Dave');
    await second.logout();
    await eventually('the client is signed out', () => client.connection.getSnapshot().signedOut, 15_000);
  });

  test('a token that ends is replaced on the live connection', async () => {
    const name = someone('erin');
    let given = 0;
    const client = await join(name, { token: async () => server.token(name, ++given === 1 ? 20 : 3_600) });
    const session = client.connection.getSnapshot().sessionId;
    await eventually('a second token was used', () => given === 2);
    await pause(300);
    expect(client.connection.getSnapshot()).toMatchObject({ state: 'live', sessionId: session });
  });

  test('a bad token signs out', async () => {
    const client = clientOf(server, 'nobody', { token: async () => 'not.a.token' });
    clients.push(client);
    client.start();
    await expect(client.ready()).rejects.toMatchObject({ code: 'unauthenticated' });
  });
});

test('the example runs', async () => {
  for (const name of ['alice', 'bob'])
    await new AuthSession({ url: server.url }).register({ username: name, password: `${name}s password` });
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['examples/hello.mjs', server.url, 'alices password', 'bobs password'],
    {
      cwd: resolve(import.meta.dirname, '..'),
      timeout: 20_000,
    },
  );
  expect(stdout.split('\n').sort()).toEqual([
    '',
    'alice: Hello, Bob!',
    'bob: Hello, Alice!',
    'durable on the server, as number 1',
  ]);
});

describe('streams', () => {
  const bot = (options: Partial<AiimClientOptions> = {}): Promise<AiimClient> =>
    join('service', { apiKey: server.apiKey, ...options });

  async function heard(reader: AsyncIterable<string>): Promise<string> {
    let all = '';
    for await (const piece of reader) all += piece;
    return all;
  }

  test('an answer streams to everybody who watches, over cuts at both ends', async () => {
    const random = new Random(7);
    const [near, far] = [await proxied(), await proxied()];
    const service = await bot({ url: near.url });
    const alice = await join(someone('alice'), { url: far.url });
    const here = await alice.conversations.direct('service');
    here.open();
    const stream = await service.conversation(here.id).startStream();
    await eventually('it has begun', () => here.getSnapshot().items.some((i) => i.message.status === 'streaming'));
    const listening = heard(alice.streams.text(stream.streamId));
    let late: Promise<string> | null = null;
    let said = '';
    await stream.append({ op: 'reasoning', delta: 'Let me think.' }, { op: 'status', text: 'thinking' });
    await stream.append({ op: 'tool_call', call_id: 't1', name: 'look_up', arguments: { word: '消息' } });
    await stream.append({ op: 'tool_result', call_id: 't1', result: { found: true }, is_error: false });
    for (let i = 0; i < 200; i++) {
      const word = `${i} 字符🙂 `;
      said += word;
      await stream.write(word);
      if (random.chance(0.5)) await pause(random.int(1, 20));
      if (random.chance(0.03)) near.cut();
      if (random.chance(0.03)) far.cut();
      if (i === 100) late = heard((await join(alice.me.userId ?? '')).streams.text(stream.streamId));
    }
    await stream.end({ finish_reason: 'stop', usage: { tokens: 200 } });
    expect(await listening).toBe(said);
    expect(await late).toBe(said);
    const message = await alice.api.getMessage(here.id, stream.streamId);
    expect(message.message).toMatchObject({
      type: 'ai',
      status: 'sent',
      is_end: true,
      content: { text: said, outcome: 'complete' },
    });
    await eventually(
      'the row is the whole answer',
      () => here.getSnapshot().items.at(-1)?.message.content.text === said,
    );
    expect(alice.streams.get(stream.streamId).getSnapshot().parts).toEqual([
      { type: 'reasoning', text: 'Let me think.' },
      { type: 'tool_call', call_id: 't1', name: 'look_up', arguments: { word: '消息' } },
      { type: 'tool_result', call_id: 't1', result: { found: true }, is_error: false },
      { type: 'text', text: said },
    ]);
  });

  test('somebody stops it: the writer hears, and what was said stays', async () => {
    const service = await bot();
    const alice = await join(someone('alice'));
    const here = await alice.conversations.direct('service');
    here.open();
    const stream = await service.conversation(here.id).startStream();
    await stream.write('so far');
    await eventually('alice reads it', () => alice.streams.get(stream.streamId).getSnapshot().text === 'so far');
    await alice.streams.cancel(stream.streamId);
    await stream.write(' and more').catch(() => undefined);
    await eventually('the writer knows', () => stream.signal.aborted);
    await eventually('all see the end', () => alice.streams.get(stream.streamId).getSnapshot().outcome === 'cancelled');
    expect(alice.streams.get(stream.streamId).getSnapshot().text).toBe('so far');
  });

  test('the same start again goes on with the same stream, or says that it is over', async () => {
    const service = await bot();
    const alice = await join(someone('alice'));
    const here = service.conversation((await alice.conversations.direct('service')).id);
    const first = await here.startStream({ clientMsgId: 'answer' });
    await first.write('one ');
    await first.append({ op: 'reasoning', delta: 'hm' });
    await pause(300);
    const second = await here.startStream({ clientMsgId: 'answer' });
    expect(second.streamId).toBe(first.streamId);
    expect(second.resumedAt).toBeGreaterThan(0);
    await second.write('two');
    await second.end();
    expect((await alice.api.getMessage(here.id, first.streamId)).message.content.text).toBe('one two');
    await expect(here.startStream({ clientMsgId: 'answer' })).rejects.toMatchObject({ code: 'stream_ended' });
  });

  test('the example of a bot answers, also what was asked before it came', async () => {
    await (await bot()).close(); // so that `service` is known as a bot
    const early = await join(someone('early'));
    const before = await early.conversations.direct('service');
    await before.sendAndWait('anybody there?');
    const child = spawn(process.execPath, [resolve(import.meta.dirname, '../examples/streaming_bot.mjs'), server.url], {
      cwd: await mkdtemp(resolve(tmpdir(), 'aiim-bot-')),
      env: { ...process.env, AIIM_API_KEY: server.apiKey },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      let said = '';
      child.stdout.on('data', (text: Buffer) => (said += text.toString()));
      await eventually('the bot is there', () => said.includes('answering as service'));
      const alice = await join(someone('alice'));
      const here = await alice.conversations.direct('service');
      here.open();
      const question = await here.sendAndWait('ping');
      await eventually(
        'it has answered',
        () => here.getSnapshot().items.at(-1)?.message.is_end === true && here.getSnapshot().items.length === 2,
      );
      expect(here.getSnapshot().items[1]?.message).toMatchObject({
        type: 'ai',
        reply_to: question.message_id,
        content: { text: 'You said: ping. Let me repeat that more slowly. ', finish_reason: 'stop' },
      });
      before.open();
      await eventually('the early one too', () => before.getSnapshot().items[1]?.message.is_end === true);
      expect(before.getSnapshot().items[1]?.message.content.text).toContain('You said: anybody there?.');
    } finally {
      child.kill();
    }
  });

  test('the example says what is wrong with its key, without a stack', async () => {
    const example = resolve(import.meta.dirname, '../examples/streaming_bot.mjs');
    for (const key of ['', 'aiim_wrong']) {
      const run = promisify(execFile)(process.execPath, [example, server.url], {
        env: { ...process.env, AIIM_API_KEY: key },
        cwd: await mkdtemp(resolve(tmpdir(), 'aiim-bot-')),
      });
      const failure = await run.catch((error: unknown) => error);
      expect(failure).toMatchObject({ code: key === '' ? 2 : 1, stdout: '' });
      expect((failure as { stderr: string }).stderr).not.toContain('    at ');
    }
  });

  test('a long text goes in pieces; an operation that is too large is refused and the stream goes on', async () => {
    const service = await bot();
    const alice = await join(someone('alice'));
    const here = await alice.conversations.direct('service');
    const stream = await service.conversation(here.id).startStream();
    const long = `${'x'.repeat(16_383)}👋`.repeat(20); // 320 KB, pairs where pieces end
    await stream.write(long);
    const call = { op: 'tool_call', call_id: 'c', name: 'read', arguments: {} } as const;
    const result = { op: 'tool_result', call_id: 'c', result: 'y'.repeat(300_000) } as const;
    await expect(stream.append(call, result)).rejects.toMatchObject({ code: 'too_large' });
    await stream.write('done');
    await stream.end();
    const { content } = (await alice.api.getMessage(here.id, stream.streamId)).message;
    expect(content.text).toBe(`${long}done`);
    expect(service.connection.getSnapshot().state).toBe('live');
  });

  test('somebody stops an answer: the signal fires although nothing is being written', async () => {
    const service = await bot();
    const alice = await join(someone('alice'));
    const here = await alice.conversations.direct('service');
    const stream = await service.conversation(here.id).startStream();
    await pause(100);
    expect(stream.signal.aborted).toBe(false);
    await alice.streams.cancel(stream.streamId);
    await eventually('the signal fires', () => stream.signal.aborted, 3_000);
    await expect(stream.write('more')).rejects.toMatchObject({ code: 'stream_ended' });
    const own = await service.conversation(here.id).startStream();
    await own.write('all of it');
    await own.end();
    await pause(200);
    expect(own.signal.aborted).toBe(false);
  });

  test('a server that dies in the middle: the answer goes on', async () => {
    const service = await bot();
    const alice = await join(someone('alice'));
    const here = await alice.conversations.direct('service');
    here.open();
    const stream = await service.conversation(here.id).startStream();
    const listening = heard(alice.streams.text(stream.streamId));
    let said = '';
    for (let i = 0; i < 60; i++) {
      said += `${i} `;
      await stream.write(`${i} `);
      await pause(10);
      if (i === 20 || i === 40) {
        await server.kill();
        void server.run();
      }
    }
    await stream.end();
    expect(await listening).toBe(said);
    expect((await alice.api.getMessage(here.id, stream.streamId)).message.content.text).toBe(said);
  });
});

/** Several people with several devices, all behind proxies, doing everything at once while `disturb` does its worst. */
async function storm(
  seed: number,
  disturb: (proxies: CuttingProxy[], random: Random) => Promise<void>,
  enough = () => true,
): Promise<void> {
  const random = new Random(seed);
  const names = [someone('ann'), someone('ben'), someone('cleo')];
  const devices: { name: string; client: AiimClient }[] = [];
  const lines: CuttingProxy[] = [];
  for (const name of names) {
    for (let device = 0; device < 2; device++) {
      const proxy = await proxied();
      lines.push(proxy);
      devices.push({ name, client: await join(name, { url: proxy.url, limits: { pageSize: 30, resyncMs: 3_000 } }) });
    }
  }
  const first = devices[0] as (typeof devices)[0];
  const group = await first.client.conversations.create({ type: 'group', name: 'storm', member_ids: names.slice(1) });
  const direct = await first.client.conversations.direct(names[1] as string);
  const sent = new Map<string, string[]>();
  for (const { client } of devices.slice(0, 5)) client.conversation(group.id).open(); // the last one has nothing open
  first.client.conversation(direct.id).open();

  let busy = true;
  const trouble = (async () => {
    while (busy) await disturb(lines, random);
  })();
  for (let round = 0; round < 150 || (round < 3_000 && !enough()); round++) {
    const { name, client } = random.pick(devices);
    const to = random.chance(0.8) || name === names[2] ? group.id : direct.id;
    const conversation = client.conversation(to);
    const act = random.next();
    if (act < 0.75) {
      const id = conversation.send(`${name} ${round}`);
      const key = `${name} ${devices.findIndex((d) => d.client === client)} ${to}`;
      sent.set(key, [...(sent.get(key) ?? []), id]);
      // The same message over REST, at the same time: it must not be there twice.
      if (random.chance(0.1)) {
        const request = {
          conversation_id: to,
          type: 'text' as const,
          content: { text: `${name} ${round}` },
          client_msg_id: id,
        };
        // Only what was queued before has left: else this would overtake.
        if (client.outbox.getSnapshot().length === 1) client.api.sendMessage(request).catch(() => undefined);
      }
    } else {
      const item = random.pick([...conversation.getSnapshot().items, null]);
      if (item !== null && item.pending === null && item.message.status === 'sent') {
        const { message_id: id } = item.message;
        const work =
          act < 0.85
            ? conversation.react(id, random.pick(['👍', '🎉']))
            : item.mine
              ? act < 0.93
                ? conversation.edit(id, `${name} edited`)
                : conversation.recall(id)
              : Promise.resolve();
        work.catch(() => undefined);
      }
      conversation.markRead();
    }
    if (random.chance(0.6)) await pause(random.int(1, 25));
  }
  busy = false;
  await trouble;
  for (const line of lines) line.up = true;

  for (const { client } of devices) {
    await eventually(
      'everybody is live and has sent everything',
      () => client.connection.getSnapshot().state === 'live' && client.outbox.getSnapshot().length === 0,
      30_000,
    );
  }
  for (const id of [group.id, direct.id]) {
    const reader = devices.find(({ name }) => name === names[1])?.client as AiimClient;
    const truth = (await logOf(reader.api, id)).map(shared);
    expect(truth.map((m) => m.seq)).toEqual(truth.map((_, i) => i + 1));
    for (const [i, { name, client }] of devices.entries()) {
      const mine = sent.get(`${name} ${i} ${id}`) ?? [];
      const there = truth.map((m) => m.client_msg_id).filter((c) => c !== null && mine.includes(c));
      expect(there).toEqual(mine); // each once, in the order they were written
      if (id === direct.id && name === names[2]) continue;
      const conversation = client.conversation(id);
      conversation.open();
      const complete = (): boolean => {
        const { items, hasNewer, status } = conversation.getSnapshot();
        return status === 'ready' && !hasNewer && items.at(-1)?.message.seq === truth.length;
      };
      await eventually(`${name} shows the newest`, complete);
      while (conversation.getSnapshot().hasOlder) await conversation.loadOlder();
      expect(conversation.getSnapshot().items.map((item) => shared(item.message))).toEqual(truth);
      // What was read is told a moment later.
      await eventually(`${name} counts as the server does`, async () => {
        const row = await client.api.getConversation(id);
        const ours = conversation.getSnapshot().conversation;
        return ours?.rev === row.rev && ours.last_seq === row.last_seq && ours.unread_count === row.unread_count;
      });
    }
  }
}

describe('trouble', () => {
  test.each([1, 2, 3])(
    'connections cut at random: nothing lost, nothing doubled, order kept (seed %i)',
    async (seed) => {
      await storm(seed, async (lines, random) => {
        await pause(random.int(20, 200));
        const line = random.pick(lines);
        line.up = random.chance(0.7);
        line.cut();
      });
    },
  );

  test('a server killed again and again: the same', async () => {
    let kills = 0;
    await storm(
      4,
      async (_, random) => {
        await pause(random.int(50, 400));
        if (kills >= 5) return;
        await server.kill();
        await pause(random.int(0, 200));
        await server.run();
        kills++;
      },
      () => kills >= 5,
    );
    expect(kills).toBe(5);
  });

  test('a message that is too large fails at once, or where only the server knows, alone', async () => {
    const [a, b] = [someone('alice'), someone('bob')];
    const alice = await join(a);
    const here = await alice.conversations.direct(b);
    const long = '好'.repeat(100_000); // 300 KB
    expect(() => here.send(long)).toThrow(expect.objectContaining({ code: 'too_large' }));
    expect(alice.outbox.getSnapshot()).toEqual([]);
    const trusting = await join(a, { limits: { frameBytesMax: 10_000_000, backoffMinMs: 50 } });
    const failed: string[] = [];
    trusting.on('send.failed', (item) => failed.push(item.error?.code ?? ''));
    trusting.conversation(here.id).send(long);
    const there = await trusting.conversations.direct(someone('carol'));
    await there.sendAndWait('a short one');
    await eventually('the long one has failed', () => failed.length > 0);
    expect(failed).toEqual(['too_large']);
    await trusting.conversation(here.id).sendAndWait('and the next');
    expect(trusting.outbox.getSnapshot()).toMatchObject([{ state: 'failed', content: { text: long } }]);
  });

  test('what came while a client was away is announced once, in order, also of people it had not met', async () => {
    const [a, b, c] = [someone('alice'), someone('bob'), someone('carol')];
    const proxy = await proxied();
    const bob = await join(b);
    const here = await bob.conversations.direct(a);
    await here.sendAndWait('history');
    const alice = await join(a, { url: proxy.url, limits: { backoffMinMs: 50, backoffMaxMs: 200 } });
    const heard: string[] = [];
    alice.on('incoming', ({ message, missed }) => heard.push(`${message.content.text}${missed ? ' (missed)' : ''}`));
    await here.sendAndWait('live');
    await eventually('it is announced', () => heard.length === 1);
    proxy.cut();
    proxy.up = false;
    for (let i = 1; i <= 5; i++) await here.sendAndWait(`away ${i}`);
    const carol = await join(c);
    const met = await carol.conversations.direct(a);
    await met.sendAndWait('good day');
    await met.sendAndWait('are you there?');
    proxy.up = true;
    await eventually('all is announced', () => heard.length >= 8);
    await here.sendAndWait('live again');
    await eventually('that too', () => heard.length >= 9);
    await pause(300);
    const missed = [1, 2, 3, 4, 5].map((i) => `away ${i} (missed)`);
    expect(heard.filter((text) => /away|live/.test(text))).toEqual(['live', ...missed, 'live again']);
    expect(heard.filter((text) => /good|there/.test(text))).toEqual(['good day (missed)', 'are you there? (missed)']);
    expect(heard.length).toBe(9);
  });

  test('what was written while the server was away leaves after a reload, in order', async () => {
    const [a, b] = [someone('alice'), someone('bob')];
    const storage = new MemoryStorage();
    const alice = await join(a, { storage, storageKey: a });
    const here = await alice.conversations.direct(b);
    await server.kill();
    for (let i = 1; i <= 10; i++) here.send(`offline ${i}`);
    await pause(200);
    await alice.close();
    await server.run();
    const reloaded = await join(a, { storage, storageKey: a });
    await eventually('all are sent', () => reloaded.outbox.getSnapshot().length === 0);
    expect((await logOf(reloaded.api, here.id)).map((m) => m.content.text)).toEqual(
      Array.from({ length: 10 }, (_, i) => `offline ${i + 1}`),
    );
  });

  test('a long absence is caught up with, by changes or, when there are too many, by a reset', async () => {
    const [a, b] = [someone('alice'), someone('bob')];
    const proxy = await proxied();
    const bob = await join(b);
    const alice = await join(a, { url: proxy.url });
    const few = await bob.conversations.create({ type: 'group', name: 'few', member_ids: [a] });
    const many = await bob.conversations.create({ type: 'group', name: 'many', member_ids: [a] });
    const fresh: string[] = [];
    for (const id of [few.id, many.id]) {
      await bob.conversation(id).sendAndWait('before');
      alice.conversation(id).open();
      await eventually('alice has it', () => texts(alice.conversation(id)).length === 1);
    }
    proxy.up = false;
    proxy.cut();
    await eventually('alice is away', () => alice.connection.getSnapshot().state !== 'live');
    const send = async (id: string, count: number): Promise<void> => {
      for (let i = 0; i < count; i += 50)
        await Promise.all(
          Array.from({ length: Math.min(50, count - i) }, (_, j) =>
            bob.api.sendMessage({ conversation_id: id, type: 'text', content: `${i + j}` }),
          ),
        );
    };
    await send(few.id, 450);
    await send(many.id, 1_050);
    for (let i = 0; i < 25; i++)
      fresh.push((await bob.conversations.create({ type: 'group', name: `fresh ${i}`, member_ids: [a] })).id);
    proxy.up = true;
    await alice.ready();
    const caughtUp = alice.conversation(few.id).getSnapshot();
    expect(caughtUp.items.length).toBe(451);
    expect(caughtUp.conversation).toMatchObject({ last_seq: 451, unread_count: 451 });
    const reset = alice.conversation(many.id);
    await eventually('the newest page is read', () => reset.getSnapshot().items.at(-1)?.message.seq === 1_051);
    expect(reset.getSnapshot()).toMatchObject({
      hasOlder: true,
      hasNewer: false,
      conversation: { last_seq: 1_051, unread_count: 1_000 },
    });
    expect(
      alice.conversations
        .getSnapshot()
        .items.map((i) => i.conversationId)
        .sort(),
    ).toEqual([few.id, many.id, ...fresh].sort());
  });
});
