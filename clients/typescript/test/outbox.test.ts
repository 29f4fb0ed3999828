import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { AiimClient, MemoryStorage, type AiimClientOptions } from '../src/index.js';
import { Failure, ScriptedServer, conversationOf, messageOf, silence } from './scripted_server.js';

const seconds = (n: number): Promise<unknown> => vi.advanceTimersByTimeAsync(n * 1_000);

let server: ScriptedServer;
let storage: MemoryStorage;
let client: AiimClient;
let seq: number;

function connect(options: Partial<AiimClientOptions> = {}): AiimClient {
  client = new AiimClient({
    url: 'http://server',
    token: async () => 'token',
    WebSocket: server.WebSocket,
    fetch: server.fetch,
    storage,
    storageKey: 'alice',
    ...options,
  });
  client.start();
  return client;
}

const texts = (): unknown[] => server.of('send_message').map((data) => (data.content as { text: string }).text);
const unsent = (): [string, string][] =>
  client.outbox.getSnapshot().map((item) => [item.content.text ?? '', item.state]);

beforeEach(() => {
  vi.useFakeTimers();
  server = new ScriptedServer();
  storage = new MemoryStorage();
  seq = 0;
  server.conversations = [conversationOf('c1'), conversationOf('c2')];
  server.on('send_message', (data, socket) => {
    const message = messageOf(String(data.conversation_id), ++seq, {
      sender_id: 'alice',
      client_msg_id: String(data.client_msg_id),
      content: data.content as never,
    });
    socket.push('message.created', {
      conversation_id: message.conversation_id,
      rev: message.rev,
      after: message.rev - 1,
      message,
    });
    return {
      message_id: message.message_id,
      conversation_id: message.conversation_id,
      client_msg_id: message.client_msg_id,
      seq,
      rev: message.rev,
      created_at: message.created_at,
      duplicate: false,
    };
  });
});

afterEach(async () => {
  await client.close();
  vi.useRealTimers();
});

describe('sending', () => {
  test('a message is shown at once, and keeps its key when it is acknowledged', async () => {
    connect();
    await seconds(1);
    const conversation = client.conversation('c1');
    conversation.open();
    await seconds(1);
    const id = conversation.send('hello');
    expect(conversation.getSnapshot().items).toMatchObject([
      { key: id, pending: 'sending', mine: true, message: { seq: 0 } },
    ]);
    await seconds(1);
    expect(conversation.getSnapshot().items).toMatchObject([
      { key: id, pending: null, message: { seq: 1, message_id: 'msg_1' } },
    ]);
    expect(client.outbox.getSnapshot()).toEqual([]);
  });

  test('sendAndWait resolves with the message', async () => {
    connect();
    await seconds(1);
    const sent = client.conversation('c1').sendAndWait('hello');
    await seconds(1);
    expect(await sent).toMatchObject({ seq: 1, message_id: 'msg_1', content: { text: 'hello' } });
  });

  test('an acknowledgement that comes before the event shows the message once', async () => {
    server.on('send_message', (data) => ({
      message_id: 'msg_1',
      conversation_id: 'c1',
      client_msg_id: data.client_msg_id,
      seq: 1,
      rev: 2,
      created_at: '2026-01-02T00:00:00.000Z',
      duplicate: false,
    }));
    connect();
    await seconds(1);
    const conversation = client.conversation('c1');
    conversation.open();
    await seconds(1);
    const id = conversation.send('hello');
    await seconds(1);
    expect(conversation.getSnapshot().items).toMatchObject([{ key: id, pending: null, message: { seq: 1 } }]);
    const message = messageOf('c1', 1, { sender_id: 'alice', client_msg_id: id });
    server.socket.push('message.created', { conversation_id: 'c1', rev: 2, after: 1, message });
    expect(conversation.getSnapshot().items).toMatchObject([{ key: id, pending: null, message: { seq: 1 } }]);
  });

  test('messages of one conversation leave one by one, in order, also when the first must be repeated', async () => {
    connect();
    await seconds(1);
    let refusals = 2;
    const accept = server.handlers.get('send_message');
    server.on('send_message', (data, socket) => {
      if ((data.content as { text: string }).text === 'one' && refusals-- > 0)
        return new Failure({ code: 'rate_limited', retryable: true, retry_after_ms: 3_000 });
      return accept?.(data, socket);
    });
    const conversation = client.conversation('c1');
    for (const text of ['one', 'two', 'three']) conversation.send(text);
    client.conversation('c2').send('other');
    await seconds(1);
    expect(texts()).toEqual(['one', 'other']);
    await seconds(10);
    expect(texts()).toEqual(['one', 'other', 'one', 'one', 'two', 'three']);
    expect(unsent()).toEqual([]);
  });

  test('without an answer it is sent again under the same id after the reconnect', async () => {
    connect();
    await seconds(1);
    const accept = server.handlers.get('send_message');
    server.on('send_message', () => silence);
    const id = client.conversation('c1').send('once');
    await seconds(1);
    server.on('send_message', accept as never);
    server.socket.drop(1006);
    await seconds(2);
    expect(server.of('send_message').map((data) => data.client_msg_id)).toEqual([id, id]);
    expect(unsent()).toEqual([]);
  });

  test('a socket that is closing takes nothing, and nothing spins', async () => {
    connect();
    await seconds(1);
    server.socket.closing();
    const conversation = client.conversation('c1');
    conversation.send('one');
    conversation.send('two');
    await vi.advanceTimersByTimeAsync(10);
    expect(unsent()).toEqual([
      ['one', 'queued'],
      ['two', 'queued'],
    ]);
    await seconds(3);
    expect(texts()).toEqual(['one', 'two']);
  });

  test('what is written offline leaves in order later', async () => {
    server.accepts = false;
    connect();
    for (let i = 1; i <= 5; i++) client.conversation('c1').send(`${i}`);
    await seconds(3);
    expect(unsent().map(([, state]) => state)).toEqual(['queued', 'queued', 'queued', 'queued', 'queued']);
    server.accepts = true;
    await seconds(60);
    expect(texts()).toEqual(['1', '2', '3', '4', '5']);
  });
});

describe('failing', () => {
  test('a refused message waits for retry or discard; those after it leave', async () => {
    connect();
    await seconds(1);
    const accept = server.handlers.get('send_message');
    server.on('send_message', (data, socket) =>
      (data.content as { text: string }).text.startsWith('bad')
        ? new Failure({ code: 'invalid_request' })
        : accept?.(data, socket),
    );
    const failed = vi.fn();
    client.on('send.failed', failed);
    const conversation = client.conversation('c1');
    const waiting = conversation.sendAndWait('bad one').catch((error: unknown) => error);
    const second = conversation.send('bad two');
    conversation.send('good');
    await seconds(1);
    expect(await waiting).toMatchObject({ code: 'invalid_request' });
    expect(unsent()).toEqual([
      ['bad one', 'failed'],
      ['bad two', 'failed'],
    ]);
    expect(failed).toHaveBeenCalledTimes(2);
    conversation.discard(second);
    expect(unsent()).toEqual([['bad one', 'failed']]);
    server.on('send_message', accept as never);
    client.outbox.retryAll();
    await seconds(1);
    expect(texts()).toEqual(['bad one', 'bad two', 'good', 'bad one']);
    expect(unsent()).toEqual([]);
  });

  test('a passing error that does not pass counts as failed in the end', async () => {
    connect({ limits: { sendAttemptsMax: 3 } });
    await seconds(1);
    server.on('send_message', () => new Failure({ code: 'unavailable', retryable: true }));
    client.conversation('c1').send('never');
    await seconds(120);
    expect(server.of('send_message').length).toBe(3);
    expect(unsent()).toEqual([['never', 'failed']]);
  });

  test('the queue is bounded', () => {
    server.accepts = false;
    connect({ limits: { outboxMax: 2 } });
    const conversation = client.conversation('c1');
    conversation.send('one');
    conversation.send('two');
    expect(() => conversation.send('three')).toThrow('Too many');
  });
});

describe('reloads', () => {
  test('unsent and failed messages survive, in order and before newer ones', async () => {
    connect();
    await seconds(1);
    server.on('send_message', (data) =>
      (data.content as { text: string }).text === 'bad' ? new Failure({ code: 'forbidden', message: 'no' }) : silence,
    );
    const conversation = client.conversation('c1');
    for (const text of ['bad', 'one', 'two']) conversation.send(text);
    await seconds(1);
    await client.close();
    server.received.length = 0;
    const accept = (data: Record<string, unknown>) => ({
      message_id: 'm',
      conversation_id: 'c1',
      client_msg_id: data.client_msg_id,
      seq: 9,
      rev: 1,
      created_at: '',
      duplicate: false,
    });
    server.on('send_message', accept);
    connect();
    client.conversation('c1').send('three');
    await seconds(1);
    expect(texts()).toEqual(['one', 'two', 'three']);
    expect(client.outbox.getSnapshot()).toMatchObject([
      { state: 'failed', error: { code: 'forbidden', message: 'no' }, content: { text: 'bad' } },
    ]);
  });

  test('what several reloads left behind keeps its order, whatever they were called and the clocks said', async () => {
    server.accepts = false;
    connect();
    for (const text of ['older', 'newer']) {
      client.conversation('c1').send(text);
      await seconds(1);
    }
    await client.close();
    const keys = (await storage.keys('aiim/')).sort();
    const prefix = keys[0]?.split('/').slice(0, -3).join('/') ?? '';
    for (const owners of [
      ['a', 'b'],
      ['b', 'a'],
    ]) {
      const left = new MemoryStorage();
      for (const [i, key] of keys.entries()) {
        const entry = key.split('/').slice(-2).join('/');
        await left.set(`${prefix}/${owners[i]}/${entry}`, (await storage.get(key)) ?? '');
      }
      vi.setSystemTime(Date.now() - 3_600_000);
      connect({ storage: left });
      client.conversation('c1').send('newest');
      await seconds(1);
      expect(unsent().map(([text]) => text)).toEqual(['older', 'newer', 'newest']);
      await client.close();
      connect({ storage: left });
      await seconds(1);
      expect(unsent().map(([text]) => text)).toEqual(['older', 'newer', 'newest']);
      await client.close();
    }
  });

  test('a message that is tried again is in the storage all the time', async () => {
    const held: number[] = [];
    class Watched extends MemoryStorage {
      override async delete(key: string): Promise<void> {
        await super.delete(key);
        held.push((await this.keys('aiim/')).length);
      }
    }
    server.on('send_message', () => new Failure({ code: 'forbidden', message: 'no' }));
    connect({ storage: new Watched() });
    client.conversation('c1').send('refused');
    await seconds(1);
    server.on('send_message', () => silence);
    client.outbox.retryAll();
    await seconds(1);
    expect(unsent()).toEqual([['refused', 'sending']]);
    expect(held).toEqual([1]);
  });

  test('sent messages leave the storage', async () => {
    connect();
    await seconds(1);
    client.conversation('c1').send('hello');
    await seconds(1);
    expect(await storage.keys('aiim/')).toEqual([]);
  });

  test('closeAndForget leaves nothing', async () => {
    server.accepts = false;
    connect();
    client.conversation('c1').send('secret');
    await seconds(1);
    expect((await storage.keys('aiim/')).length).toBe(1);
    await client.closeAndForget();
    expect(await storage.keys('aiim/')).toEqual([]);
  });

  test('without a storage key, what was written before the first connection is kept once the user is known', async () => {
    server.greets = false;
    const { storageKey, ...options } = { storageKey: undefined };
    void storageKey;
    client = new AiimClient({
      url: 'http://server',
      token: async () => 'token',
      WebSocket: server.WebSocket,
      fetch: server.fetch,
      storage,
      ...options,
    });
    client.start();
    server.on('send_message', () => silence);
    client.conversation('c1').send('early');
    await seconds(1);
    expect(await storage.keys('aiim/')).toEqual([]);
    server.socket.greet();
    await seconds(1);
    expect((await storage.keys('aiim/t/alice/outbox/')).length).toBe(1);
  });
});

describe('several tabs', () => {
  /** The part of Web Locks that is used: exclusive locks by name, waiting or not. */
  class Locks {
    private readonly held = new Map<string, Promise<unknown>>();

    async request(name: string, ...rest: unknown[]): Promise<unknown> {
      const work = rest.at(-1) as (lock: object | null) => unknown;
      const { ifAvailable } = (rest.length > 1 ? rest[0] : {}) as { ifAvailable?: boolean };
      if (ifAvailable && this.held.has(name)) return await work(null);
      while (this.held.has(name)) await this.held.get(name);
      const done = Promise.resolve(work({ name })).finally(() => this.held.delete(name));
      this.held.set(name, done);
      return await done;
    }
  }

  afterEach(() => vi.unstubAllGlobals());

  test('a tab cares for its own messages, and takes over those of a tab that is gone', async () => {
    vi.stubGlobal('navigator', { locks: new Locks() });
    server.accepts = false;
    const first = connect();
    first.conversation('c1').send('from the first');
    await seconds(1);
    const second = connect();
    await seconds(1);
    second.conversation('c1').send('from the second');
    await seconds(1);
    expect(unsent().map(([text]) => text)).toEqual(['from the second']);
    await first.close();
    await seconds(1);
    expect(unsent().map(([text]) => text)).toEqual(['from the first', 'from the second']);
    expect((await storage.keys('aiim/')).length).toBe(2);
    server.accepts = true;
    await seconds(60);
    expect(texts()).toEqual(['from the first', 'from the second']);
  });
});
