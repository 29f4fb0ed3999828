import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { AiimClient, MemoryStorage, type StreamChunk, type StreamOp } from '../src/index.js';
import { appendOps } from '../src/stream_state.js';
import { Random } from './random.js';
import { Failure, ScriptedServer, conversationOf, messageOf, silence } from './scripted_server.js';

const seconds = (n: number): Promise<unknown> => vi.advanceTimersByTimeAsync(n * 1_000);
const text = (delta: string): StreamOp => ({ op: 'text', delta });

let server: ScriptedServer;
let client: AiimClient;

beforeEach(async () => {
  vi.useFakeTimers();
  server = new ScriptedServer();
  server.conversations = [conversationOf('c1')];
  client = new AiimClient({
    url: 'http://server',
    token: async () => 'token',
    WebSocket: server.WebSocket,
    fetch: server.fetch,
    storage: new MemoryStorage(),
  });
  client.start();
  await seconds(1);
});

afterEach(async () => {
  await client.close();
  vi.useRealTimers();
});

const delta = (from: number, n: number, ...ops: StreamOp[]): void =>
  server.socket.push('stream.delta', { conversation_id: 'c1', stream_id: 's1', from, n, ops });
const began = (changes: object = {}): void => {
  const message = messageOf('c1', 1, {
    message_id: 's1',
    stream_id: 's1',
    status: 'streaming',
    type: 'ai',
    content: { text: '' },
    chunk_index: 0,
    rev: 2,
    ...changes,
  });
  server.socket.push('message.created', { conversation_id: 'c1', rev: 2, after: 1, message });
};
const ended = (content: object): void => {
  const message = messageOf('c1', 1, {
    message_id: 's1',
    stream_id: 's1',
    status: 'sent',
    type: 'ai',
    is_end: true,
    rev: 3,
    content: content as never,
  });
  server.socket.push('message.updated', { conversation_id: 'c1', rev: 3, after: 2, message });
};

describe('following', () => {
  test('deltas grow the text; repeats are ignored; the end is the message itself', async () => {
    client.conversation('c1').open();
    await seconds(1);
    began();
    const stream = client.streams.get('s1');
    delta(1, 2, text('Hel'), text('lo'));
    delta(1, 2, text('Hel'), text('lo'));
    delta(3, 3, { op: 'reasoning', delta: 'hm' }, text('!'));
    expect(stream.getSnapshot()).toMatchObject({ text: 'Hello!', n: 3, streaming: true, stale: false });
    expect(stream.getSnapshot().parts).toEqual([
      { type: 'text', text: 'Hello' },
      { type: 'reasoning', text: 'hm' },
      { type: 'text', text: '!' },
    ]);
    ended({ text: 'Hello!', outcome: 'complete' });
    expect(stream.getSnapshot()).toMatchObject({ text: 'Hello!', streaming: false, outcome: 'complete' });
    delta(4, 4, text('late'));
    expect(stream.getSnapshot().text).toBe('Hello!');
    expect(server.of('stream.watch')).toEqual([]);
  });

  test('a gap is asked for, from the position held', async () => {
    client.conversation('c1').open();
    await seconds(1);
    began();
    const stream = client.streams.get('s1');
    delta(1, 1, text('a'));
    server.on('stream.watch', (_, socket) => {
      setTimeout(() => {
        socket.push('stream.delta', { conversation_id: 'c1', stream_id: 's1', from: 2, n: 3, ops: [text('bc')] });
        socket.push('stream.delta', { conversation_id: 'c1', stream_id: 's1', from: 4, n: 4, ops: [text('d')] });
      }, 5);
      return {};
    });
    delta(4, 4, text('d'));
    expect(stream.getSnapshot()).toMatchObject({ text: 'a', stale: true });
    await seconds(1);
    expect(server.of('stream.watch')).toEqual([{ stream_id: 's1', n: 1 }]);
    expect(stream.getSnapshot()).toMatchObject({ text: 'abcd', n: 4, stale: false });
  });

  test('subscribing to an unknown stream asks for all of it', async () => {
    server.on('stream.watch', (_, socket) => {
      setTimeout(
        () =>
          socket.push('stream.snapshot', {
            stream_id: 's1',
            n: 7,
            content: { text: 'all of it', outcome: 'cancelled', finish_reason: null },
          }),
        5,
      );
      return {};
    });
    const stream = client.streams.get('s1');
    const heard = vi.fn();
    const stop = stream.subscribe(heard);
    await seconds(1);
    stop();
    expect(server.of('stream.watch')).toEqual([{ stream_id: 's1', n: 0 }]);
    expect(stream.getSnapshot()).toMatchObject({ text: 'all of it', n: 7, streaming: false, outcome: 'cancelled' });
    expect(heard).toHaveBeenCalled();
  });

  test('after a reconnect it goes on from the position held', async () => {
    client.conversation('c1').open();
    await seconds(1);
    began();
    delta(1, 5, text('half'));
    server.socket.drop(1006);
    await seconds(3);
    expect(server.of('stream.watch')).toEqual([{ stream_id: 's1', n: 5 }]);
  });

  test('parts that did not change keep their identity', () => {
    const before = appendOps([], [text('a'), { op: 'status', text: 'thinking' }, text('b')]);
    const after = appendOps(before, [text('c')]);
    expect(after.slice(0, 2).map((part, i) => part === before[i])).toEqual([true, true]);
    expect(after[2]).toEqual({ type: 'text', text: 'bc' });
  });
});

describe('reading', () => {
  async function collect(chunks: AsyncIterable<StreamChunk>): Promise<string[]> {
    const seen: string[] = [];
    for await (const chunk of chunks)
      seen.push(
        chunk.type === 'delta'
          ? `delta ${chunk.n}`
          : chunk.type === 'end'
            ? `end ${chunk.outcome} ${chunk.snapshot.text}`
            : `snapshot ${chunk.snapshot.text}`,
      );
    return seen;
  }

  test('yields a snapshot, deltas, the end', async () => {
    client.conversation('c1').open();
    await seconds(1);
    began({ content: { text: 'so far ' }, chunk_index: 2 });
    const seen = collect(client.streams.read('s1'));
    await seconds(0.1);
    delta(3, 3, text('and '));
    await seconds(0.1);
    delta(4, 4, text('on'));
    await seconds(0.1);
    ended({ text: 'so far and on', outcome: 'complete' });
    await seconds(0.1);
    expect(await seen).toEqual(['snapshot so far ', 'delta 3', 'delta 4', 'end complete so far and on']);
  });

  test('text yields every character once', async () => {
    client.conversation('c1').open();
    await seconds(1);
    began();
    const pieces: string[] = [];
    const done = (async () => {
      for await (const piece of client.streams.text('s1')) pieces.push(piece);
    })();
    await seconds(0.1);
    delta(1, 1, text('你'));
    delta(2, 2, text('好'));
    await seconds(0.1);
    delta(3, 3, { op: 'reasoning', delta: 'quiet' });
    delta(4, 4, text('！'));
    ended({ text: '你好！', outcome: 'complete' });
    await seconds(0.1);
    await done;
    expect(pieces.join('')).toBe('你好！');
  });

  test('an AbortSignal ends it', async () => {
    client.conversation('c1').open();
    await seconds(1);
    began();
    const abort = new AbortController();
    const seen = collect(client.streams.read('s1', { signal: abort.signal })).catch((error: unknown) => error);
    await seconds(0.1);
    abort.abort();
    expect(await seen).toMatchObject({ code: 'aborted' });
  });

  test('one that does not exist fails', async () => {
    server.on('stream.watch', () => new Failure({ code: 'not_found' }));
    const seen = collect(client.streams.read('nothing')).catch((error: unknown) => error);
    await seconds(1);
    expect(await seen).toMatchObject({ code: 'not_found' });
  });
});

describe('writing', () => {
  /** The server's side of one stream: what has been accepted, and the rule of numbers. */
  class Accepting {
    n = 0;
    text = '';
    ended = false;

    constructor() {
      server.on('stream.start', () => ({ stream_id: 's1', seq: 1, rev: 2, lease_ms: 30_000 }));
      server.on('stream.append', (data) => this.append(data as never));
      server.on('stream.end', () => {
        if (this.ended) return new Failure({ code: 'stream_ended' });
        this.ended = true;
        return {};
      });
    }

    append({ n, ops }: { n: number; ops: StreamOp[] }): unknown {
      if (this.ended) return new Failure({ code: 'stream_ended' });
      if (n > this.n + 1) return new Failure({ code: 'stream_gap', expect: this.n + 1 });
      if (n === this.n + 1) {
        this.n = n;
        for (const op of ops) if (op.op === 'text') this.text += op.delta;
      }
      return { n };
    }
  }

  test('steps are numbered, and the end waits for them', async () => {
    const accepting = new Accepting();
    const started = client.conversation('c1').startStream({ replyTo: 'msg_7' });
    await seconds(0.1);
    const writer = await started;
    expect(server.of('stream.start')[0]).toMatchObject({ conversation_id: 'c1', reply_to: 'msg_7' });
    for (const word of ['one ', 'two ', 'three']) void writer.write(word);
    const end = writer.end({ finish_reason: 'stop', usage: { tokens: 3 } });
    await seconds(1);
    await end;
    expect(accepting.text).toBe('one two three');
    expect(server.of('stream.end')).toEqual([
      { stream_id: 's1', status: 'complete', finish_reason: 'stop', usage: { tokens: 3 } },
    ]);
    await expect(writer.write('late')).rejects.toMatchObject({ code: 'stream_ended' });
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'everything arrives once and in order over cuts, lost answers and refusals (seed %i)',
    async (seed) => {
      const random = new Random(seed);
      const accepting = new Accepting();
      server.on('stream.append', (data) => {
        if (random.chance(0.1)) return new Failure({ code: 'unavailable', retryable: true });
        const answer = accepting.append(data as never);
        return random.chance(0.1) ? silence : answer;
      });
      const started = client.conversation('c1').startStream();
      await seconds(0.1);
      const writer = await started;
      let written = '';
      for (let i = 0; i < 300; i++) {
        written += `${i} `;
        void writer.write(`${i} `);
        if (random.chance(0.3)) await seconds(random.pick([0.001, 0.01, 0.5]));
        if (random.chance(0.05)) server.socket.drop(1006);
      }
      const end = writer.end();
      await seconds(300);
      await end;
      expect(accepting.text).toBe(written);
      expect(accepting.ended).toBe(true);
    },
  );

  test('one that an earlier process began goes on behind what is there', async () => {
    const accepting = new Accepting();
    accepting.append({ n: 1, ops: [text('before ')] });
    accepting.append({ n: 2, ops: [text('and ')] });
    server.on('stream.start', () => ({ stream_id: 's1', seq: 1, rev: 2, lease_ms: 30_000, duplicate: true }));
    const started = client.conversation('c1').startStream({ clientMsgId: 'again' });
    await seconds(0.1);
    const writer = await started;
    expect(writer.resumedAt).toBe(2);
    void writer.write('after');
    const end = writer.end();
    await seconds(1);
    await end;
    expect(accepting.text).toBe('before and after');
  });

  test('a step has at most a hundred operations, and none that is empty', async () => {
    const accepting = new Accepting();
    const started = client.conversation('c1').startStream();
    await seconds(0.1);
    const writer = await started;
    const ops: StreamOp[] = [];
    for (let i = 0; i < 250; i++) ops.push({ op: 'status', text: `${i}` }, text(i % 2 === 0 ? 'x' : ''));
    void writer.append(...ops);
    const end = writer.end();
    await seconds(1);
    await end;
    expect(accepting.text).toBe('x'.repeat(125));
    for (const step of server.of('stream.append')) expect((step.ops as unknown[]).length).toBeLessThanOrEqual(100);
  });

  test('cancelled by somebody: the signal fires and writing fails', async () => {
    const accepting = new Accepting();
    const started = client.conversation('c1').startStream();
    await seconds(0.1);
    const writer = await started;
    accepting.ended = true;
    void writer.write('too late').catch(() => undefined);
    await seconds(1);
    expect(writer.signal.aborted).toBe(true);
    await expect(writer.write('more')).rejects.toMatchObject({ code: 'stream_ended' });
  });

  test('a producer that thinks long keeps its lease', async () => {
    new Accepting();
    const started = client.conversation('c1').startStream();
    await seconds(0.1);
    await started;
    await seconds(25);
    expect(server.of('ping').filter((data) => Array.isArray(data.stream_ids)).length).toBe(2);
  });

  test('a fast producer waits for the server', async () => {
    new Accepting();
    server.on('stream.append', () => silence);
    const started = client.conversation('c1').startStream();
    await seconds(0.1);
    const writer = await started;
    let written = 0;
    void (async () => {
      for (let i = 0; i < 1_000; i++) {
        await writer.write('x'.repeat(1_000));
        written++;
      }
    })().catch(() => undefined);
    await seconds(5);
    expect(written).toBeLessThan(300);
  });
});
