/** The real server in a process of its own, and a TCP proxy in front of it that cuts. */

import { spawn, type ChildProcess } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import WebSocket from 'ws';
import { AiimClient, type AiimClientOptions, type Message, type RestApi } from '../src/index.js';

export const binary = resolve(import.meta.dirname, process.env.AIIM_BINARY ?? '../../../build/aiim');

export const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** Waits until something holds; the message says what did not. */
export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = 20_000,
): Promise<void> {
  const end = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`not within ${withinMs} ms: ${what}`);
    await pause(20);
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

export class RealServer {
  private process: ChildProcess | null = null;
  private log = '';
  private readonly secret = randomBytes(36).toString('base64url');
  /** Acts as the bot `service`. */
  readonly apiKey = randomBytes(36).toString('base64url');

  private constructor(
    readonly port: number,
    private readonly directory: string,
    private readonly env: Record<string, string>,
  ) {}

  static async start(env: Record<string, string> = {}): Promise<RealServer> {
    if (!existsSync(binary))
      throw new Error(`${binary} is missing: build the server first (make build), or set AIIM_BINARY`);
    const server = new RealServer(await freePort(), await mkdtemp(join(tmpdir(), 'aiim-sdk-')), env);
    await server.run();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async run(): Promise<void> {
    // An environment of its own: the server refuses settings that it does not know.
    const env = {
      PATH: process.env.PATH ?? '',
      JWT_SECRET: this.secret,
      API_KEY: this.apiKey,
      AIIM_HOST: '127.0.0.1',
      RATE_LIMIT_PER_SEC: '1000000',
      AIIM_REGISTRATION: 'true',
      LOG_LEVEL: 'warn',
      ...this.env,
    };
    const child = spawn(binary, ['serve', '--port', String(this.port), '--data-dir', this.directory], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.process = child;
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (text: Buffer) => (this.log = (this.log + text.toString()).slice(-20_000)));
    await eventually('the server is ready', async () => {
      if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}:\n${this.log}`);
      return await fetch(`${this.url}/ready`).then(
        (r) => r.ok,
        () => false,
      );
    });
  }

  /** As a power cut would. */
  async kill(): Promise<void> {
    const child = this.process;
    this.process = null;
    if (child === null || child.exitCode !== null) return;
    const gone = new Promise((done) => child.once('exit', done));
    child.kill('SIGKILL');
    await gone;
  }

  async end(): Promise<void> {
    await this.kill();
    await rm(this.directory, { recursive: true, force: true });
  }

  token(userId: string, ttlS = 3_600, claims: object = {}): string {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const body = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub: userId, exp: Math.floor(Date.now() / 1_000) + ttlS, jti: randomBytes(6).toString('hex'), ...claims })}`;
    return `${body}.${createHmac('sha256', this.secret).update(body).digest('base64url')}`;
  }
}

/** Passes bytes on, until told otherwise. */
export class CuttingProxy {
  up = true;
  private readonly pairs = new Set<[Socket, Socket]>();

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async start(targetPort: number): Promise<CuttingProxy> {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const proxy = new CuttingProxy(server, (server.address() as AddressInfo).port);
    server.on('connection', (near) => proxy.take(near, targetPort));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Ends every connection in the middle of whatever it is doing. */
  cut(): void {
    for (const pair of this.pairs) for (const socket of pair) socket.destroy();
  }

  async end(): Promise<void> {
    this.cut();
    await new Promise((done) => this.server.close(done));
  }

  private take(near: Socket, targetPort: number): void {
    near.on('error', () => undefined);
    if (!this.up) {
      near.destroy();
      return;
    }
    const far = connect(targetPort, '127.0.0.1');
    far.on('error', () => near.destroy());
    const pair: [Socket, Socket] = [near, far];
    this.pairs.add(pair);
    near.pipe(far);
    far.pipe(near);
    for (const socket of pair) {
      socket.on('close', () => {
        this.pairs.delete(pair);
        for (const other of pair) other.destroy();
      });
    }
  }
}

export function clientOf(server: RealServer, userId: string, options: Partial<AiimClientOptions> = {}): AiimClient {
  return new AiimClient({
    url: server.url,
    ...(options.apiKey === undefined ? { token: async () => server.token(userId) } : {}),
    WebSocket,
    ...options,
    limits: {
      backoffMinMs: 20,
      backoffMaxMs: 300,
      requestTimeoutMs: 5_000,
      connectTimeoutMs: 3_000,
      ...options.limits,
    },
  });
}

export async function started(
  server: RealServer,
  userId: string,
  options: Partial<AiimClientOptions> = {},
): Promise<AiimClient> {
  const client = clientOf(server, userId, options);
  client.start();
  await client.ready();
  return client;
}

/** The whole log of a conversation as the server holds it. */
export async function logOf(api: RestApi, conversationId: string): Promise<Message[]> {
  const messages: Message[] = [];
  for (;;) {
    const page = await api.listMessages(conversationId, { after_seq: messages.at(-1)?.seq ?? 0, limit: 200 });
    messages.push(...page.messages);
    if (!page.has_more || page.messages.length === 0) return messages;
  }
}
