/** The client: puts the parts together, and begins and ends them. Every rule is in a part. */

import type {
  AiimClientOptions,
  CallApi,
  Client,
  ClientEvents,
  ClientLimits,
  ConnectionSnapshot,
  ConversationList,
  ConversationStore,
  MediaApi,
  MeStore,
  OutboxStore,
  PresenceStore,
  StreamReader,
  UserDirectory,
  WebSocketConstructor,
} from './api.js';
import { Calls } from './calls.js';
import { Connection, type Session } from './connection.js';
import { Conversations } from './conversation_list.js';
import { Dispatch } from './dispatch.js';
import { AiimError } from './errors.js';
import { Http, baseUrlOf } from './http.js';
import { defaultLimits } from './limits.js';
import { Media } from './media.js';
import { Emitter, type Observable } from './observable.js';
import { Outbox } from './outbox.js';
import { PresenceWatch } from './presence.js';
import { Receipts } from './receipts.js';
import { RestApi } from './rest.js';
import type { Shared } from './shared.js';
import { defaultStorage } from './storage.js';
import { startStream } from './stream_writer.js';
import { StreamHub } from './streams.js';
import { SyncEngine } from './sync_engine.js';
import { TokenSource } from './token_source.js';
import type { ServerEvents } from './types.js';
import { Me, Users } from './users.js';

/**
 * One user (or bot), one connection, and the state of everything that user sees.
 *
 * ```ts
 * const client = new AiimClient({ url, token: async () => myToken });
 * client.start();
 * await client.ready();
 * const conversation = await client.conversations.direct('bob');
 * conversation.send('Hello!');
 * ```
 */
export class AiimClient implements Client {
  readonly api: RestApi;
  readonly connection: Observable<ConnectionSnapshot>;
  readonly me: MeStore;
  readonly conversations: ConversationList;
  readonly presence: PresenceStore;
  readonly users: UserDirectory;
  readonly streams: StreamReader;
  readonly outbox: OutboxStore;
  readonly media: MediaApi;
  readonly calls: CallApi;

  private readonly limits: ClientLimits;
  private readonly socket: Connection;
  private readonly tokens: TokenSource | null;
  private readonly shared: Shared;
  private readonly events = new Emitter<ClientEvents>();
  private readonly parts: {
    readonly me: Me;
    readonly conversations: Conversations;
    readonly presence: PresenceWatch;
    readonly dispatch: Dispatch;
  };
  private resyncTimer: ReturnType<typeof setTimeout> | null = null;
  private closed = false;

  constructor(readonly options: AiimClientOptions) {
    const limits = (this.limits = { ...defaultLimits, ...options.limits });
    const baseUrl = baseUrlOf(options.url);
    if (options.token === undefined && options.apiKey === undefined)
      throw new AiimError('invalid_request', 'Option `token` or `apiKey` is needed.');
    const tokens = (this.tokens = options.token === undefined ? null : new TokenSource(options.token));
    const apiKey = tokens === null ? (options.apiKey ?? null) : null;
    const fetch: typeof globalThis.fetch = options.fetch ?? ((...args) => globalThis.fetch(...args));
    const http = new Http({
      baseUrl,
      fetch,
      tokens,
      apiKey,
      language: options.language ?? null,
      timeoutMs: limits.requestTimeoutMs,
      attemptsMax: 3,
      retryWaitMaxMs: 5_000,
    });
    const warn = (message: string, cause?: unknown): void => options.onWarning?.(message, cause);
    const api = (this.api = new RestApi(http));
    const connection = (this.socket = new Connection({
      url: `${baseUrl.replace(/^http/, 'ws')}/ws`,
      WebSocket: webSocketOf(options),
      tokens,
      apiKey,
      limits,
      onSession: (session) => this.sessionBegan(session),
      onEvent: (type, data) => this.received(type, data),
      onSignedOut: (error) => this.events.emit('signed.out', error),
      onWarning: warn,
    }));
    this.connection = connection.state;

    const users = new Users(api, limits.usersMax, warn);
    const me = new Me(api, users);
    const conversations = new Conversations(() => this.shared);
    const receipts = new Receipts(connection);
    const sync = new SyncEngine(conversations, connection, api, limits, warn);
    const streams = new StreamHub(connection, limits, warn);
    const presence = new PresenceWatch(connection, warn);
    const outbox = new Outbox({
      limits,
      storage: options.storage ?? defaultStorage(),
      connection,
      userId: () => me.userId,
      changed: (id) => conversations.handle(id).changed(),
      position: (id) => conversations.find(id)?.position?.rev ?? 0,
      failed: (item) => this.events.emit('send.failed', item),
      warn,
    });
    this.shared = {
      options,
      limits,
      api,
      connection,
      events: this.events,
      outbox,
      receipts,
      sync,
      streams,
      userId: () => me.userId,
      startStream: (id, start) =>
        startStream(
          {
            connection,
            limits,
            whenEnded: (streamId, ended) => streams.whenEnded(streamId, ended),
            session: (signal) => this.session(signal),
          },
          id,
          start,
        ),
      warn,
    };
    this.parts = { me, conversations, presence, dispatch: new Dispatch(this.shared, conversations, presence) };
    this.me = me;
    this.conversations = conversations;
    this.presence = presence;
    this.users = users;
    this.streams = streams;
    this.outbox = outbox;
    this.media = new Media(api, fetch, baseUrl);
    this.calls = new Calls(connection, api);
    if (options.storageKey !== undefined) void outbox.load(`aiim/${options.storageKey}/`);
  }

  conversation(conversationId: string): ConversationStore {
    return this.parts.conversations.handle(conversationId);
  }

  start(): void {
    if (this.closed) throw new AiimError('closed', 'The client is closed.');
    this.socket.start();
  }

  async ready(): Promise<void> {
    await this.until((snapshot) => snapshot.state === 'live');
  }

  reconnectNow(): void {
    this.socket.nudge();
  }

  on<K extends keyof ClientEvents>(type: K, listener: (data: ClientEvents[K]) => void): () => void {
    return this.events.on(type, listener);
  }

  request<T = unknown>(type: string, data: object, options: { readonly signal?: AbortSignal } = {}): Promise<T> {
    return this.socket.request<T>(type, data, options);
  }

  async close(): Promise<void> {
    await this.end(false);
  }

  async closeAndForget(): Promise<void> {
    await this.end(true);
  }

  private async end(forget: boolean): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.stopResync();
    const { outbox, receipts, streams } = this.shared;
    receipts.flush();
    receipts.close();
    streams.close();
    this.parts.presence.close();
    for (const handle of this.parts.conversations.allHandles()) handle.typing.clear();
    this.socket.stop();
    this.socket.state.changed();
    this.tokens?.close();
    await outbox.close(forget);
  }

  // ------------------------------------------------------------------------------------------------------ sessions

  private async sessionBegan(session: Session): Promise<void> {
    const { hello } = session;
    const { me, conversations, presence } = this.parts;
    const { outbox, receipts, streams, sync } = this.shared;
    if (me.userId !== null && me.userId !== hello.user_id) {
      const error = new AiimError(
        'forbidden',
        'The token belongs to another user. Make a new client for another user.',
      );
      this.socket.stop(error);
      this.events.emit('signed.out', error);
      return;
    }
    me.identified(hello.user_id);
    session.ended.addEventListener('abort', () => this.sessionEnded(), { once: true });
    this.events.emit('hello', hello);
    void outbox.load(`aiim/${this.options.storageKey ?? `${hello.tenant_id}/${hello.user_id}`}/`);
    // A session is live from `hello` on: nothing here waits for the catch-up.
    outbox.pump();
    receipts.flush();
    presence.sessionBegan();
    streams.sessionBegan();
    if (me.getSnapshot() === null)
      me.read().catch((cause: unknown) => this.shared.warn('The own profile could not be read.', cause));
    for (const { conversationId } of outbox.getSnapshot()) {
      if (conversations.find(conversationId)?.position == null) sync.need(conversationId);
    }
    await sync.catchUp(session);
    for (const handle of conversations.allHandles()) handle.sessionBegan();
    this.scheduleResync(session);
  }

  private sessionEnded(): void {
    this.stopResync();
    this.parts.presence.sessionEnded();
  }

  private received(type: string, data: unknown): void {
    this.parts.dispatch.event(type, data);
    this.events.emit(type as keyof ServerEvents, data as never);
  }

  private scheduleResync(session: Session): void {
    this.stopResync();
    this.resyncTimer = setTimeout(
      () => {
        this.shared.sync.renew(session).catch((cause: unknown) => this.shared.warn('A sync failed.', cause));
        this.scheduleResync(session);
      },
      this.limits.resyncMs * (0.75 + Math.random() / 2),
    );
  }

  private stopResync(): void {
    if (this.resyncTimer !== null) clearTimeout(this.resyncTimer);
    this.resyncTimer = null;
  }

  /** The current session, or the next. */
  private async session(signal?: AbortSignal): Promise<Session> {
    for (;;) {
      const { current } = this.socket;
      if (current !== null) return current;
      await this.until(() => this.socket.current !== null, signal);
    }
  }

  /** Resolves when the connection is as wanted; rejects when it will not come by itself. */
  private until(wanted: (snapshot: ConnectionSnapshot) => boolean, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      let stop: () => void = () => undefined;
      const check = (): void => {
        const snapshot = this.connection.getSnapshot();
        let error: AiimError | null = null;
        if (signal?.aborted) error = new AiimError('aborted', 'Aborted while waiting for a connection.');
        else if (this.closed) error = new AiimError('closed', 'The client is closed.');
        else if (snapshot.signedOut) error = snapshot.error ?? new AiimError('unauthenticated', 'Signed out.');
        if (error === null && !wanted(snapshot)) return;
        stop();
        signal?.removeEventListener('abort', check);
        if (error === null) resolve();
        else reject(error);
      };
      stop = this.connection.subscribe(check);
      signal?.addEventListener('abort', check);
      check();
    });
  }
}

function webSocketOf(options: AiimClientOptions): WebSocketConstructor {
  const constructor = options.WebSocket ?? (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket;
  if (constructor === undefined)
    throw new AiimError('invalid_request', 'There is no global WebSocket here: pass one as option `WebSocket`.');
  return constructor;
}
