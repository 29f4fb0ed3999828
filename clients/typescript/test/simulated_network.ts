/**
 * A network in simulated time between one user's client and the reference server. Frames take random time; those of one
 * conversation keep their order, others overtake each other; events are repeated and, as holes, lost; connections are
 * cut with requests and answers on their way.
 */

import type { WebSocketConstructor, WebSocketLike } from '../src/api.js';
import type { MessageContent, SyncRequest } from '../src/types.js';
import type { Random } from './random.js';
import { Refused, type Link, type ReferenceServer } from './reference_server.js';

export class SimulatedNetwork {
  up = true;
  /** Chances per event. */
  repeat = 0.05;
  lose = 0.02;
  /** Chance per request. */
  refuse = 0.02;
  private readonly sockets = new Set<SimulatedSocket>();
  requests = 0;

  constructor(
    readonly server: ReferenceServer,
    readonly random: Random,
    readonly userId: string,
  ) {}

  get WebSocket(): WebSocketConstructor {
    // eslint-disable-next-line @typescript-eslint/no-this-alias
    const network = this;
    return class {
      constructor() {
        return new SimulatedSocket(network);
      }
    } as unknown as WebSocketConstructor;
  }

  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    await this.delay();
    const url = new URL(String(input));
    const path = url.pathname.replace('/api/aiim', '').split('/').filter(Boolean).map(decodeURIComponent);
    if (!this.up || this.random.chance(0.03)) throw new TypeError('fetch failed');
    let status = 200;
    let body: unknown;
    try {
      body = this.rest(init?.method ?? 'GET', path, url.searchParams);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      status = error.status;
      body = { type: 'about:blank', title: error.code, status, detail: error.code, code: error.code, request_id: 'r' };
    }
    const text = JSON.stringify(body); // as it was when it was read
    await this.delay();
    if (!this.up) throw new TypeError('fetch failed');
    return new Response(text, { status });
  };

  /** Cuts what is connected; `up` decides whether one may come back. */
  cut(code = 1006): void {
    for (const socket of [...this.sockets]) socket.dropped(code);
  }

  opened(socket: SimulatedSocket): void {
    this.sockets.add(socket);
  }

  closed(socket: SimulatedSocket): void {
    this.sockets.delete(socket);
  }

  delay(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, this.random.int(1, 40)));
  }

  private rest(method: string, path: readonly string[], query: URLSearchParams): unknown {
    const { server, userId } = this;
    const number = (name: string): number | undefined => (query.has(name) ? Number(query.get(name)) : undefined);
    const [what, id] = path;
    if (method === 'GET' && what === 'users') return { user_id: userId, display_name: userId };
    if (method === 'GET' && what === 'conversations' && id === undefined) {
      return server.list(userId, number('limit') ?? 50, query.get('cursor'));
    }
    if (method === 'GET' && what === 'conversations' && id !== undefined)
      return server.view(userId, server.member(userId, id));
    if (method === 'GET' && what === 'messages' && id !== undefined) {
      const page: { limit: number; before?: number; after?: number; around?: number } = {
        limit: number('limit') ?? 50,
      };
      const [before, after, around] = [number('before_seq'), number('after_seq'), number('around_seq')];
      if (before !== undefined) page.before = before;
      if (after !== undefined) page.after = after;
      if (around !== undefined) page.around = around;
      return server.page(userId, id, page);
    }
    throw new Refused('not_found', 404);
  }
}

interface Data {
  readonly conversation_id?: string;
  readonly message_id?: string;
  readonly content?: MessageContent;
  readonly client_msg_id?: string;
  readonly emoji?: string;
  readonly remove?: boolean;
  readonly seq?: number;
}

class SimulatedSocket implements WebSocketLike, Link {
  readyState = 0;
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: { readonly data: unknown }) => void) | null = null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null = null;
  onerror: ((event: never) => void) | null = null;
  readonly userId: string;
  /** When the last frame of each order arrives. */
  private readonly arrivals = new Map<string, number>();

  constructor(private readonly network: SimulatedNetwork) {
    this.userId = network.userId;
    setTimeout(() => this.connect(), network.random.int(1, 60));
  }

  private connect(): void {
    if (this.readyState !== 0) return;
    if (!this.network.up) {
      this.dropped(1006);
      return;
    }
    this.readyState = 1;
    this.network.opened(this);
    const { server } = this.network;
    const hello = {
      session_id: 's',
      user_id: this.userId,
      tenant_id: 't',
      server_time: new Date().toISOString(),
      heartbeat_ms: 25_000,
      version: 'reference',
      sync_token: server.token(),
    };
    server.links.add(this);
    // `hello` is first: nothing may overtake it.
    this.down('hello', { type: 'hello', data: hello }, true);
  }

  event(conversationId: string | null, type: string, data: object): void {
    const { random, lose, repeat } = this.network;
    if (conversationId !== null && random.chance(lose)) return;
    // The user's own topic keeps its order too; receipts may overtake anything.
    const queue = conversationId ?? (type === 'me.updated' ? 'own' : `other ${random.int(0, 3)}`);
    this.down(queue, { type, data });
    if (random.chance(repeat)) this.down(queue, { type, data });
  }

  send(text: string): void {
    if (this.readyState !== 1) return;
    this.network.requests++;
    const { type, id, data } = JSON.parse(text) as { type: string; id?: string; data: Data };
    this.after('up', () => {
      if (this.readyState !== 1) return;
      try {
        const reply = this.operate(type, data);
        if (id !== undefined) this.down('answers', { type: 'ack', id, data: reply });
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        const failure = { code: error.code, message: error.code, retryable: error.retryable };
        if (id !== undefined) this.down('answers', { type: 'error', id, error: failure });
      }
    });
  }

  close(): void {
    this.leave();
  }

  dropped(code: number): void {
    if (this.readyState === 3) return;
    this.leave();
    this.onclose?.({ code, reason: '' });
  }

  private leave(): void {
    this.readyState = 3;
    this.network.server.links.delete(this);
    this.network.closed(this);
  }

  private operate(type: string, data: Data): unknown {
    const { server, random } = this.network;
    const me = this.userId;
    const { conversation_id: conversation, message_id: message } = data;
    if (random.chance(this.network.refuse)) throw new Refused('unavailable', 503, true);
    switch (type) {
      case 'ping':
        return { server_time: new Date().toISOString() };
      case 'sync':
        return server.sync(me, data as unknown as SyncRequest);
      case 'send_message': {
        const sent = server.send(me, conversation ?? '', data.content ?? {}, data.client_msg_id ?? null);
        const { message_id, client_msg_id, seq, rev, created_at } = sent.message;
        return {
          message_id,
          conversation_id: conversation,
          client_msg_id,
          seq,
          rev,
          created_at,
          duplicate: sent.duplicate,
        };
      }
      case 'edit_message':
        return { rev: server.revise(me, conversation ?? '', message ?? '', () => ({ content: data.content ?? {} })) };
      case 'recall_message':
        return {
          rev: server.revise(me, conversation ?? '', message ?? '', () => ({
            status: 'recalled',
            content: {},
            reactions: [],
          })),
        };
      case 'react':
        return { rev: server.react(me, conversation ?? '', message ?? '', data.emoji ?? '', data.remove ?? false) };
      case 'mark_read':
        server.mark(me, conversation ?? '', { read: data.seq ?? 0 });
        return {};
      case 'mark_delivered':
        server.mark(me, conversation ?? '', { delivered: data.seq ?? 0 });
        return {};
      default:
        return {};
    }
  }

  /** Towards the client; what is in one queue keeps its order. */
  private down(queue: string, frame: object, first = false): void {
    const text = JSON.stringify(frame);
    this.after(queue, () => {
      if (this.readyState === 1) this.onmessage?.({ data: text });
    });
    if (first) this.floor = this.arrivals.get(queue) ?? 0;
  }

  private floor = 0;

  private after(queue: string, work: () => void): void {
    const at = Math.max(this.floor, this.arrivals.get(queue) ?? 0, Date.now() + this.network.random.int(1, 60)) + 0.001;
    this.arrivals.set(queue, at);
    setTimeout(work, at - Date.now());
  }
}
