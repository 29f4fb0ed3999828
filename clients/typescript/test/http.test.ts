/** HTTP against a real server in this process: what goes over the wire is what counts here. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AuthSession, MemoryStorage } from '../src/index.js';
import { Http } from '../src/http.js';
import { FileStorage } from '../src/node.js';
import { RestApi } from '../src/rest.js';
import { TokenSource } from '../src/token_source.js';

let server: Server;
let url: string;
let handler: (request: IncomingMessage, response: ServerResponse, body: string) => void;
let seen: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[];

beforeEach(async () => {
  seen = [];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
      handler(request, response, body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function problem(response: ServerResponse, status: number, code: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/problem+json', ...headers });
  response.end(
    JSON.stringify({
      type: 'about:blank',
      title: code,
      status,
      detail: `about ${code}`,
      code,
      request_id: 'req-1',
      errors: [{ field: 'name', message: 'too long' }],
    }),
  );
}

function json(response: ServerResponse, body: unknown): void {
  response.end(JSON.stringify(body));
}

function api(tokens: TokenSource | null = null, timeoutMs = 2_000): RestApi {
  return new RestApi(
    new Http({
      baseUrl: `${url}/api/aiim`,
      fetch: globalThis.fetch,
      tokens,
      apiKey: tokens === null ? 'key' : null,
      language: 'zh-CN',
      timeoutMs,
      attemptsMax: 3,
      retryWaitMaxMs: 2_000,
    }),
  );
}

describe('requests', () => {
  test('paths and queries are escaped, and headers say who asks', async () => {
    handler = (_, response) => json(response, {});
    await api().removeReaction('conv/1', 'msg 2', '👍');
    await api().listUsers({ query: 'a&b', limit: 5 });
    expect(seen.map(({ method, url: path }) => `${method} ${path}`)).toEqual([
      'DELETE /api/aiim/messages/conv%2F1/msg%202/reactions/%F0%9F%91%8D',
      'GET /api/aiim/users?query=a%26b&limit=5',
    ]);
    expect(seen[0]?.headers).toMatchObject({ 'x-api-key': 'key', 'accept-language': 'zh-CN' });
  });

  test('problem documents become errors', async () => {
    handler = (_, response) => problem(response, 400, 'invalid_request');
    await expect(api().getMe()).rejects.toMatchObject({
      code: 'invalid_request',
      status: 400,
      message: 'about invalid_request',
      requestId: 'req-1',
      errors: [{ field: 'name', message: 'too long' }],
      retryable: false,
    });
  });

  test('answers of a proxy are told by their status', async () => {
    handler = (_, response) => {
      response.statusCode = 404;
      response.end('<h1>no</h1>');
    };
    await expect(api().getMe()).rejects.toMatchObject({ code: 'not_found' });
    handler = (_, response) => response.end('<html>');
    await expect(api().getMe()).rejects.toMatchObject({ code: 'bad_response' });
  });

  test('Retry-After is honoured, and the number of attempts is bounded', async () => {
    let refusals = 1;
    handler = (_, response) =>
      refusals-- > 0
        ? problem(response, 429, 'rate_limited', { 'retry-after': '1' })
        : json(response, { user_id: 'alice' });
    const begun = Date.now();
    expect(await api().getMe()).toEqual({ user_id: 'alice' });
    expect(Date.now() - begun).toBeGreaterThan(950);
    refusals = 99;
    handler = (_, response) => problem(response, 503, 'unavailable', { 'retry-after': '0' });
    seen.length = 0;
    await expect(api().getMe()).rejects.toMatchObject({ code: 'unavailable' });
    expect(seen.length).toBe(3);
  });

  test('a wait that is too long is left to the caller', async () => {
    handler = (_, response) => problem(response, 429, 'rate_limited', { 'retry-after': '3600' });
    await expect(api().getMe()).rejects.toMatchObject({ code: 'rate_limited', retryAfterMs: 3_600_000 });
    expect(seen.length).toBe(1);
  });

  test('what is not idempotent is not repeated when its fate is unknown', async () => {
    handler = (request) => request.socket.destroy();
    await expect(api().markRead('c', 1)).rejects.toMatchObject({ code: 'network' });
    expect(seen.length).toBe(1);
    await expect(
      api().sendMessage({ conversation_id: 'c', type: 'text', content: 'x', client_msg_id: '一' }),
    ).rejects.toMatchObject({ code: 'network' });
    expect(seen.length).toBe(4);
  });

  test('time limits and AbortSignal', async () => {
    handler = () => undefined;
    await expect(api(null, 100).getMe()).rejects.toMatchObject({ code: 'timeout' });
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 50);
    await expect(api().getMe({ signal: abort.signal })).rejects.toMatchObject({ code: 'aborted' });
  });

  test('after 401 one fresh token is tried, once for many requests', async () => {
    let asked = 0;
    const tokens = new TokenSource(async () => `t${++asked}`);
    handler = (request, response) =>
      request.headers.authorization === 'Bearer t1'
        ? problem(response, 401, 'unauthenticated')
        : json(response, { user_id: 'alice' });
    const answers = await Promise.all([api(tokens).getMe(), api(tokens).getMe(), api(tokens).getMe()]);
    expect(answers.length).toBe(3);
    expect(asked).toBe(2);
    handler = (_, response) => problem(response, 401, 'unauthenticated');
    await expect(api(tokens).getMe()).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(asked).toBe(3);
  });
});

describe('signing in', () => {
  const user = { user_id: 'alice', display_name: 'Alice' };
  let refreshes: number;

  beforeEach(() => {
    refreshes = 0;
    handler = (request, response, body) => {
      const path = request.url?.replace('/api/aiim/auth/', '');
      if (path === 'login') {
        if ((JSON.parse(body) as { password: string }).password !== 'right') problem(response, 401, 'unauthenticated');
        else json(response, { access_token: 'a0', refresh_token: 'r0', token_type: 'Bearer', expires_in: 900, user });
      } else if (path === 'refresh') {
        const { refresh_token } = JSON.parse(body) as { refresh_token: string };
        if (refresh_token !== `r${refreshes}`) problem(response, 401, 'unauthenticated');
        else {
          refreshes++;
          json(response, {
            access_token: `a${refreshes}`,
            refresh_token: `r${refreshes}`,
            token_type: 'Bearer',
            expires_in: 900,
          });
        }
      } else {
        response.statusCode = 204;
        response.end();
      }
    };
  });

  const signal = new AbortController().signal;

  test('login, renewal, logout', async () => {
    const storage = new MemoryStorage();
    const session = new AuthSession({ url, storage });
    expect(await session.token({ reason: 'needed', previous: null, signal })).toBeNull();
    await expect(session.login('alice', 'wrong')).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(await session.login('alice', 'right')).toEqual(user);
    expect(await session.token({ reason: 'needed', previous: null, signal })).toBe('a0');
    expect(await session.token({ reason: 'expiring', previous: 'a0', signal })).toBe('a1');
    expect(await session.token({ reason: 'unauthenticated', previous: 'a1', signal })).toBe('a2');
    // What another tab has renewed is used as it is.
    expect(await session.token({ reason: 'expiring', previous: 'a1', signal })).toBe('a2');
    const reloaded = new AuthSession({ url, storage });
    expect(await reloaded.user()).toEqual(user);
    await reloaded.logout();
    expect(seen.at(-1)).toMatchObject({ url: '/api/aiim/auth/logout', body: '{"refresh_token":"r2"}' });
    expect(seen.at(-1)?.headers.authorization).toBe('Bearer a2');
    expect(await new AuthSession({ url, storage }).user()).toBeNull();
  });

  test('a refresh token that is refused signs out', async () => {
    const session = new AuthSession({ url });
    await session.login('alice', 'right');
    refreshes = 5;
    expect(await session.token({ reason: 'unauthenticated', previous: 'a0', signal })).toBeNull();
    expect(await session.user()).toBeNull();
  });

  test('a server that cannot be reached does not sign out', async () => {
    const session = new AuthSession({ url });
    await session.login('alice', 'right');
    handler = (request) => request.socket.destroy();
    await expect(session.token({ reason: 'unauthenticated', previous: 'a0', signal })).rejects.toMatchObject({
      code: 'network',
    });
    expect(await session.user()).toEqual(user);
  });
});

test('FileStorage keeps entries over restarts', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'aiim-sdk-'));
  try {
    const storage = new FileStorage(join(directory, 'entries'));
    expect(await storage.keys('')).toEqual([]);
    const long = `a/${'长'.repeat(300)}`;
    await storage.set(long, 'one');
    await storage.set('a/2', 'two');
    await storage.set('b', 'three');
    await storage.set('a/2', 'zwei');
    await storage.delete('b');
    await storage.delete('never');
    const again = new FileStorage(join(directory, 'entries'));
    expect((await again.keys('a/')).sort()).toEqual(['a/2', long]);
    expect(await again.get('a/2')).toBe('zwei');
    expect(await again.get('b')).toBeNull();
  } finally {
    await rm(directory, { recursive: true });
  }
});
