import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { AiimClient, AiimError, MemoryStorage, type AiimClientOptions, type TokenRequest } from '../src/index.js';
import { Failure, ScriptedServer, silence } from './scripted_server.js';

const seconds = (n: number): Promise<unknown> => vi.advanceTimersByTimeAsync(n * 1_000);
const jwt = (claims: object): string => `h.${btoa(JSON.stringify(claims))}.s`;

let server: ScriptedServer;
let client: AiimClient;

function connect(options: Partial<AiimClientOptions> = {}): AiimClient {
  let n = 0;
  client = new AiimClient({
    url: 'http://server',
    ...(options.apiKey === undefined ? { token: async () => `token${++n}` } : {}),
    WebSocket: server.WebSocket,
    fetch: server.fetch,
    storage: new MemoryStorage(),
    ...options,
  });
  client.start();
  return client;
}

const state = (): string => client.connection.getSnapshot().state;

beforeEach(() => {
  vi.useFakeTimers();
  server = new ScriptedServer();
});

afterEach(async () => {
  await client.close();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe('coming', () => {
  test('the token travels as a subprotocol, never in the address', async () => {
    connect();
    await seconds(1);
    expect(server.socket.url).toBe('ws://server/api/aiim/ws');
    expect(server.socket.protocols).toEqual(['bearer', 'token1']);
    expect(state()).toBe('live');
  });

  test('an API key travels as a header', async () => {
    connect({ apiKey: 'key' });
    await seconds(1);
    expect(server.socket.options).toEqual({ headers: { 'X-API-Key': 'key' } });
  });

  test('states run connecting, catching_up, live', async () => {
    server.greets = false;
    connect();
    expect(state()).toBe('connecting');
    await seconds(0.01);
    server.on('sync', () => silence);
    server.socket.greet();
    expect(state()).toBe('catching_up');
    await seconds(1);
    expect(state()).toBe('live');
  });

  test('ready resolves when live', async () => {
    connect();
    const ready = client.ready();
    await seconds(1);
    await expect(ready).resolves.toBeUndefined();
  });

  test('a server that accepts and says nothing is given up', async () => {
    server.greets = false;
    connect();
    await seconds(60);
    expect(server.sockets.length).toBeGreaterThan(1);
  });
});

describe('coming back', () => {
  test('waits are random up to a limit that doubles', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.999);
    server.accepts = false;
    connect();
    const waits: number[] = [];
    for (let i = 0; i < 9; i++) {
      await seconds(0.01);
      const retryAt = client.connection.getSnapshot().retryAt ?? 0;
      waits.push(Math.round((retryAt - Date.now()) / 100) * 100);
      await vi.advanceTimersByTimeAsync(retryAt - Date.now());
    }
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  test('sessions that do not last are longer and longer apart', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.999);
    connect();
    const waits: number[] = [];
    for (let i = 0; i < 6; i++) {
      await seconds(1);
      expect(state()).toBe('live');
      if (i === 4) await seconds(10);
      server.socket.drop(1006);
      const wait = (client.connection.getSnapshot().retryAt ?? 0) - Date.now();
      waits.push(Math.round(wait / 100) * 100);
      await vi.advanceTimersByTimeAsync(wait);
    }
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 500, 500]);
  });

  test('a server that says goodbye says when to return', async () => {
    connect();
    await seconds(1);
    server.socket.push('bye', { reason: 'draining', reconnect_after_ms: 7_000 });
    server.socket.drop(1012);
    expect(client.connection.getSnapshot().retryAt).toBe(Date.now() + 7_000);
    await seconds(6.9);
    expect(server.sockets.length).toBe(1);
    await seconds(0.2);
    expect(state()).toBe('live');
  });

  test('reconnectNow does not wait', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.999);
    connect();
    await seconds(1);
    server.socket.drop(1006);
    expect(state()).toBe('offline');
    client.reconnectNow();
    await vi.advanceTimersByTimeAsync(50);
    expect(state()).toBe('live');
  });

  test('a failing token provider is asked again', async () => {
    const token = vi.fn().mockRejectedValueOnce(new Error('no network')).mockResolvedValue('token');
    connect({ token });
    await seconds(2);
    expect(token).toHaveBeenCalledTimes(2);
    expect(state()).toBe('live');
  });

  test('requests on their way fail as network errors', async () => {
    connect();
    await seconds(1);
    server.on('ping', () => silence);
    const request = client.request('ping', {});
    server.socket.drop(1006);
    await expect(request).rejects.toMatchObject({ code: 'network', retryable: true });
    await expect(client.request('ping', {})).rejects.toMatchObject({ code: 'network' });
  });
});

describe('tokens', () => {
  test('after 4401 a fresh token is asked for and used at once', async () => {
    const asked: TokenRequest['reason'][] = [];
    connect({
      token: async ({ reason }) => {
        asked.push(reason);
        return `token${asked.length}`;
      },
    });
    await seconds(1);
    server.socket.drop(4401);
    await vi.advanceTimersByTimeAsync(50);
    expect(asked).toEqual(['needed', 'unauthenticated']);
    expect(server.socket.protocols).toEqual(['bearer', 'token2']);
    expect(state()).toBe('live');
  });

  test('no fresh token: signed out, and no more attempts', async () => {
    let signedIn = true;
    connect({ token: async () => (signedIn ? 'token' : null) });
    await seconds(1);
    const out = vi.fn();
    client.on('signed.out', out);
    signedIn = false;
    server.socket.drop(4401);
    await seconds(60);
    expect(client.connection.getSnapshot()).toMatchObject({ state: 'offline', signedOut: true, retryAt: null });
    expect(out).toHaveBeenCalledOnce();
    expect(server.sockets.length).toBe(1);
    await expect(client.ready()).rejects.toMatchObject({ code: 'unauthenticated' });
    signedIn = true;
    client.start();
    await seconds(1);
    expect(state()).toBe('live');
  });

  test('a provider that only has the refused token is signed out', async () => {
    connect({ token: async () => 'same' });
    await seconds(1);
    server.socket.drop(4401);
    await seconds(1);
    expect(client.connection.getSnapshot().signedOut).toBe(true);
  });

  test('a token is renewed on the live socket before it ends', async () => {
    let n = 0;
    connect({ token: async () => jwt({ n: ++n, exp: Date.now() / 1000 + 300 }) });
    await seconds(230);
    expect(server.of('auth').length).toBe(0);
    await seconds(20);
    expect(server.of('auth').length).toBe(1);
    await seconds(240);
    expect(server.of('auth').length).toBe(2);
    expect(server.sockets.length).toBe(1);
  });

  test('a token of a minute is renewed twice in its life at most, and a failed renewal is tried again', async () => {
    let asked = 0;
    const fails = [2, 3];
    connect({
      token: async () => {
        if (fails.includes(++asked)) throw new Error('not now');
        return jwt({ n: asked, exp: Date.now() / 1000 + 45 });
      },
    });
    await seconds(44);
    expect(asked).toBe(4);
    expect(server.of('auth').length).toBe(1);
    expect(server.sockets.length).toBe(1);
    await seconds(60);
    expect(asked).toBeLessThanOrEqual(7);
  });

  test('a token of another user stops the client', async () => {
    connect();
    await seconds(1);
    server.greets = false;
    server.socket.drop(1006);
    await seconds(2);
    server.socket.greet({ user_id: 'bob' });
    await seconds(1);
    expect(client.connection.getSnapshot()).toMatchObject({ signedOut: true, state: 'offline' });
  });

  test('forbidden is final', async () => {
    connect();
    await seconds(1);
    server.socket.drop(4403);
    await seconds(60);
    expect(server.sockets.length).toBe(1);
    expect(client.connection.getSnapshot().error?.code).toBe('forbidden');
  });
});

describe('signs of life', () => {
  test('a silent server is asked, and left when it does not answer', async () => {
    connect();
    await seconds(1);
    await seconds(60);
    expect(server.of('ping').length).toBeGreaterThan(0);
    expect(server.sockets.length).toBe(1);
    server.on('ping', () => silence);
    await seconds(45);
    expect(server.sockets.length).toBe(2);
  });

  test('requests have a time limit', async () => {
    connect();
    await seconds(1);
    server.on('slow', () => silence);
    const request = client.request('slow', {});
    const outcome = expect(request).rejects.toMatchObject({ code: 'timeout' });
    await seconds(21);
    await outcome;
  });

  test('requests can be aborted, and their number is bounded', async () => {
    connect({ limits: { pendingMax: 3 } });
    await seconds(1);
    server.on('slow', () => silence);
    const abort = new AbortController();
    const requests = [1, 2, 3].map(() => client.request('slow', {}, { signal: abort.signal }));
    await expect(client.request('slow', {})).rejects.toMatchObject({ code: 'queue_full' });
    const outcomes = Promise.allSettled(requests);
    abort.abort();
    for (const outcome of await outcomes)
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'aborted' } });
  });

  test('errors carry what the server said', async () => {
    connect();
    await seconds(1);
    server.on(
      'odd',
      () => new Failure({ code: 'rate_limited', message: 'slow down', retryable: true, retry_after_ms: 1_500 }),
    );
    const request = client.request('odd', {}).catch((error: unknown) => error);
    await seconds(1);
    const error = (await request) as AiimError;
    expect(error).toBeInstanceOf(AiimError);
    expect(error).toMatchObject({ code: 'rate_limited', message: 'slow down', retryable: true, retryAfterMs: 1_500 });
  });
});

test('a closed client cannot be started, and keeps no timers', async () => {
  connect();
  await seconds(1);
  await client.close();
  expect(() => client.start()).toThrow('closed');
  expect(vi.getTimerCount()).toBe(0);
});
