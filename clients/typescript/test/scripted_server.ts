/** A server whose answers a test writes: sockets are accepted at once, operations answered by handlers. */

import type { WebSocketConstructor, WebSocketLike } from '../src/api.js';
import type { Conversation, FrameError, Message } from '../src/types.js';

export interface Operation {
  readonly type: string;
  readonly id?: string;
  readonly data: Record<string, unknown>;
}

/** Returned by a handler: an error frame instead of an answer. */
export class Failure {
  constructor(readonly error: Partial<FrameError> & { readonly code: FrameError['code'] }) {}
}

/** Returned by a handler: no answer at all. */
export const silence = Symbol('silence');

type Handler = (data: Record<string, unknown>, socket: ScriptedSocket) => unknown;

export class ScriptedServer {
  readonly sockets: ScriptedSocket[] = [];
  readonly received: Operation[] = [];
  readonly handlers = new Map<string, Handler>();
  conversations: Conversation[] = [];
  messages: Message[] = [];
  accepts = true;
  greets = true;

  constructor() {
    this.handlers.set('sync', () => ({ sync_token: 't', conversations: [], more: false }));
    this.handlers.set('ping', () => ({ server_time: new Date().toISOString() }));
  }

  get WebSocket(): WebSocketConstructor {
    // eslint-disable-next-line @typescript-eslint/no-this-alias
    const server = this;
    return class {
      constructor(url: string, protocols?: string[], options?: object) {
        return new ScriptedSocket(server, url, protocols ?? [], options);
      }
    } as unknown as WebSocketConstructor;
  }

  readonly fetch: typeof globalThis.fetch = async (input) => {
    const url = new URL(String(input));
    if (!this.accepts) throw new TypeError('fetch failed');
    const json = (body: unknown): Response => new Response(JSON.stringify(body));
    if (url.pathname.endsWith('/conversations'))
      return json({ conversations: this.conversations, next_cursor: null, sync_token: 't' });
    if (url.pathname.includes('/messages/'))
      return json({ conversation_id: '', messages: this.messages, has_more: false });
    if (url.pathname.includes('/users/')) return json({ user_id: 'alice', display_name: 'Alice' });
    return json({});
  };

  get socket(): ScriptedSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error('nobody has connected');
    return socket;
  }

  on(type: string, handler: Handler): void {
    this.handlers.set(type, handler);
  }

  of(type: string): Operation['data'][] {
    return this.received.filter((op) => op.type === type).map((op) => op.data);
  }
}

export class ScriptedSocket implements WebSocketLike {
  readyState = 0;
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: { readonly data: unknown }) => void) | null = null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null = null;
  onerror: ((event: never) => void) | null = null;
  closedByClient = false;

  constructor(
    private readonly server: ScriptedServer,
    readonly url: string,
    readonly protocols: readonly string[],
    readonly options: object | undefined,
  ) {
    server.sockets.push(this);
    setTimeout(() => {
      if (this.readyState !== 0) return;
      if (!server.accepts) {
        this.drop(1006);
        return;
      }
      this.readyState = 1;
      if (server.greets) this.greet();
    }, 1);
  }

  greet(changes: object = {}): void {
    const hello = {
      session_id: 's1',
      user_id: 'alice',
      tenant_id: 't',
      server_time: '',
      heartbeat_ms: 25_000,
      version: '1',
      sync_token: 'h',
    };
    this.push('hello', { ...hello, ...changes });
  }

  push(type: string, data: object): void {
    this.frame({ type, data });
  }

  frame(frame: object): void {
    if (this.readyState === 1) this.onmessage?.({ data: JSON.stringify(frame) });
  }

  drop(code: number): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.onclose?.({ code, reason: '' });
  }

  send(text: string): void {
    const operation = JSON.parse(text) as Operation;
    this.server.received.push(operation);
    setTimeout(() => {
      const answer = this.server.handlers.get(operation.type)?.(operation.data, this);
      if (answer === silence || operation.id === undefined) return;
      if (answer instanceof Failure) {
        const error = { message: answer.error.code, retryable: false, ...answer.error };
        this.frame({ type: 'error', id: operation.id, error });
      } else {
        this.frame({ type: 'ack', id: operation.id, data: answer ?? {} });
      }
    }, 1);
  }

  /** The other side has gone; the client hears of it a moment later. */
  closing(): void {
    this.readyState = 2;
    setTimeout(() => this.drop(1006), 50);
  }

  close(): void {
    this.closedByClient = true;
    this.readyState = 3;
  }
}

export function conversationOf(id: string, changes: Partial<Conversation> = {}): Conversation {
  return {
    conversation_id: id,
    type: 'group',
    name: id,
    tenant_id: 't',
    created_at: '2026-01-01T00:00:00.000Z',
    updated_at: '2026-01-01T00:00:00.000Z',
    min_seq: 1,
    last_seq: 0,
    rev: 1,
    epoch: 'e',
    member_count: 2,
    members: ['alice', 'bob'].map((user_id) => ({
      user_id,
      role: 'member',
      joined_at: '2026-01-01T00:00:00.000Z',
      delivered_seq: 0,
      read_seq: 0,
    })),
    last_message: null,
    role: 'member',
    unread_count: 0,
    mention_count: 0,
    muted: false,
    pinned: false,
    ...changes,
  };
}

export function messageOf(conversationId: string, seq: number, changes: Partial<Message> = {}): Message {
  return {
    message_id: `msg_${seq}`,
    conversation_id: conversationId,
    sender_id: 'bob',
    type: 'text',
    content: { text: `text ${seq}` },
    reply_to: null,
    client_msg_id: null,
    created_at: '2026-01-02T00:00:00.000Z',
    seq,
    rev: seq + 1,
    edited_at: null,
    status: 'sent',
    stream_id: null,
    chunk_index: null,
    is_end: true,
    reactions: [],
    ...changes,
  };
}
