/**
 * The public surface of the SDK: what an application may hold and call. State comes as observable snapshots
 * (`Observable`), deeply immutable; what fails rejects with `AiimError`.
 */

import type { AiimError } from './errors.js';
import type { Observable } from './observable.js';
import type { RestApi } from './rest.js';
import type { KeyValueStorage } from './storage.js';
import type {
  AcceptCallReply,
  CallSignalType,
  CallType,
  Conversation,
  ConversationMember,
  CreateConversationRequest,
  Cursor,
  IceConfiguration,
  InitiateCallReply,
  MediaDownload,
  MediaMetadata,
  MemberRole,
  Message,
  MessageContent,
  MessageReceipts,
  Presence,
  SendableMessageType,
  ServerEvents,
  ServerEventType,
  StreamEndRequest,
  StreamOp,
  StreamOutcome,
  StreamPart,
  User,
} from './types.js';

// --------------------------------------------------------------------------------------------------------- options

/** Why a token is asked for; after `unauthenticated` a fresh one is needed, the last was refused. */
export interface TokenRequest {
  readonly reason: 'needed' | 'expiring' | 'unauthenticated';
  /** The token that was used before, if any. */
  readonly previous: string | null;
  readonly signal: AbortSignal;
}

/**
 * Returns a valid access token. Called before the first request, shortly before a token expires, and again when the
 * server answers 401 or closes with 4401. Return null when the user must sign in again: the client stops and reports
 * `signedOut`. A rejection counts as a passing failure and is retried with backoff.
 */
export type TokenProvider = (request: TokenRequest) => Promise<string | null>;

/** The part of the WebSocket interface that the SDK uses. The browser's, Node's and npm `ws` all have it. */
export interface WebSocketLike {
  readonly readyState: number;
  send(data: string): void;
  close(code?: number, reason?: string): void;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null;
  onerror: ((event: never) => void) | null;
}

/** Loose, because the browser's, Node's and `ws`'s differ in what they declare, not in what is used of them. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type WebSocketConstructor = new (url: any, protocols?: any, options?: any) => any;

export interface AiimClientOptions {
  /** Where the server is, for instance `https://chat.example.org`; the page's own origin when left out in a browser. */
  readonly url?: string;
  /** Users: how to get an access token. */
  readonly token?: TokenProvider;
  /** Bots and services: an API key (Node only: browsers cannot set the header on a WebSocket). */
  readonly apiKey?: string;
  /** Default: the global one. Node 20 has none: pass npm `ws`'s. */
  readonly WebSocket?: WebSocketConstructor;
  readonly fetch?: typeof globalThis.fetch;
  /** Where unsent messages survive. Default: IndexedDB in a browser, memory elsewhere. */
  readonly storage?: KeyValueStorage;
  /** Names the entries in `storage`. Default: tenant and user, once the server has said them; better is to set it. */
  readonly storageKey?: string;
  /** `Accept-Language`, the language of the server's error texts. */
  readonly language?: string;
  /** Report messages of others as delivered by themselves. Default true. */
  readonly autoMarkDelivered?: boolean;
  readonly limits?: Partial<ClientLimits>;
  /** Told about things that are odd but survivable (an event that could not be read, a storage that failed). */
  readonly onWarning?: (message: string, cause?: unknown) => void;
}

/** Every size and wait of the client. The defaults suit a chat application. */
export interface ClientLimits {
  /** How long one request may take, without retries. Default 20,000. */
  readonly requestTimeoutMs: number;
  /** How long connecting may take until `hello`. Default 15,000. */
  readonly connectTimeoutMs: number;
  /** Reconnect: random between 0 and this, doubling from the first to the second. Defaults 500 and 30,000. */
  readonly backoffMinMs: number;
  readonly backoffMaxMs: number;
  /** How long to wait for a pong before the connection counts as dead. Default 10,000. */
  readonly pongTimeoutMs: number;
  /** Bytes of one frame to the server, which refuses more. Default 262,144. */
  readonly frameBytesMax: number;
  /** Requests on the socket that wait for their answer. Default 512. */
  readonly pendingMax: number;
  /** Unsent messages. Default 1,000. */
  readonly outboxMax: number;
  /** Attempts the server answered with a passing error before a message counts as failed. Default 8. */
  readonly sendAttemptsMax: number;
  /** Conversations whose messages are kept while nobody has them open; the least recently used go. Default 20. */
  readonly openConversationsMax: number;
  /** Messages kept per conversation; the farthest from the ones in view go. Default 20,000. */
  readonly messagesMax: number;
  /** Conversations kept in the list. Default 10,000. */
  readonly conversationsMax: number;
  /** Messages per page. Default 50 (1–200). */
  readonly pageSize: number;
  /** Conversations whose position is named in a catch-up, most recent first (at most 500). Default 200. */
  readonly syncNamedMax: number;
  /** While live, how often the sync token is renewed. Default 600,000. */
  readonly resyncMs: number;
  /** Users whose profile is kept. Default 5,000. */
  readonly usersMax: number;
  /** Streams followed at once. Default 64. */
  readonly streamsMax: number;
  /** How long somebody counts as typing after the last sign. Default 6,000. */
  readonly typingExpiryMs: number;
}

// ------------------------------------------------------------------------------------------------------ connection

/**
 * - `connecting`: a socket is being opened.
 * - `catching_up`: connected; what was missed is being read. Sending works.
 * - `live`: connected and complete.
 * - `offline`: no connection; `retryAt` says when the next attempt is made, null if none is (stopped, signed out).
 */
export type ConnectionState = 'connecting' | 'live' | 'catching_up' | 'offline';

export interface ConnectionSnapshot {
  readonly state: ConnectionState;
  /** When this state began (ms since 1970). */
  readonly since: number;
  /** When the next attempt is due (ms since 1970). */
  readonly retryAt: number | null;
  /** Failed attempts since the last time it was live. */
  readonly attempt: number;
  /** Why it is offline. */
  readonly error: AiimError | null;
  /** The token provider gave up, or the server refused: `start()` tries again. */
  readonly signedOut: boolean;
  readonly sessionId: string | null;
  /** The server's version, once known. */
  readonly serverVersion: string | null;
}

// ---------------------------------------------------------------------------------------------------- conversations

/** `queued` waits for its turn or a connection; `failed` waits for `retry` or `discard`. */
export type DeliveryState = 'queued' | 'sending' | 'failed' | 'sent' | 'delivered' | 'read';

/** One row of a conversation: a message of the log, or one of one's own that is not in it yet. */
export interface MessageItem {
  /** Stable from the first moment a message is shown to its end, over the acknowledgement too: a React key. */
  readonly key: string;
  /** For an unsent one: `seq`, `rev` 0, `message_id` empty, `created_at` the local time. */
  readonly message: Message;
  readonly mine: boolean;
  /** Set while the message is in the outbox. For sent ones ask `deliveryOf`. */
  readonly pending: 'queued' | 'sending' | 'failed' | null;
  /** Why it failed. */
  readonly error: AiimError | null;
}

export interface ConversationSnapshot {
  readonly conversationId: string;
  /** `unknown`: not read yet. `removed`: the user is no longer a member, or it does not exist. */
  readonly status: 'unknown' | 'loading' | 'ready' | 'removed';
  /** With the counts, flags and `last_message` as known now. */
  readonly conversation: Conversation | null;
  /** Members present, as far as read: all of a group up to 100; `loadMembers()` reads the rest. */
  readonly members: readonly ConversationMember[];
  /** The messages in view, ascending and without holes, then one's own unsent ones (only when `hasNewer` is false). */
  readonly items: readonly MessageItem[];
  /** Whether there is more in either direction. */
  readonly hasOlder: boolean;
  readonly hasNewer: boolean;
  readonly loadingOlder: boolean;
  readonly loadingNewer: boolean;
  /** The last page that could not be read; the next load clears it. */
  readonly loadError: AiimError | null;
  /** Own cursors. */
  readonly readSeq: number;
  readonly deliveredSeq: number;
  /** The furthest that some other member has received and read: what ticks are derived from. */
  readonly othersDeliveredSeq: number;
  readonly othersReadSeq: number;
  readonly cursors: ReadonlyMap<string, Cursor>;
  /** Who is typing, without oneself, longest first. */
  readonly typing: readonly string[];
  /** The events between this snapshot and the server's are being read. */
  readonly catchingUp: boolean;
}

export interface SendOptions {
  readonly type?: SendableMessageType;
  readonly replyTo?: string;
  /** Default: made. A message with the same id is never there twice. */
  readonly clientMsgId?: string;
}

/**
 * One conversation: its state, its messages, and everything one does in it. The same object for the same id as long as
 * the client lives. Messages are read once somebody calls `open`.
 */
export interface ConversationStore extends Observable<ConversationSnapshot> {
  readonly id: string;
  /** Keeps the newest messages loaded and current until the returned function is called. */
  open(): () => void;
  /** Show the newest messages again (after `loadAround`). */
  loadLatest(): Promise<void>;
  /** One more page before the first message in view; returns at once if there is none or one is on its way. */
  loadOlder(): Promise<void>;
  /** One more page after the last message in view. */
  loadNewer(): Promise<void>;
  /** Show the messages around one, for instance to jump to a reply's original or the first unread. */
  loadAround(target: { readonly seq: number } | { readonly messageId: string }): Promise<void>;
  /** A message by id: from memory, else from the server. */
  message(messageId: string): Promise<Message>;
  /** A message by id if it is in memory. */
  findMessage(messageId: string): Message | null;

  /**
   * Queues a message and shows it at once; returns its `client_msg_id`. Messages leave in order per conversation, over
   * reloads and reconnects.
   */
  send(content: MessageContent | string, options?: SendOptions): string;
  /** As `send`; resolves once the message is durable on the server, rejects when it has failed or was discarded. */
  sendAndWait(content: MessageContent | string, options?: SendOptions): Promise<Message>;
  /** Queue a failed message again, at the end. */
  retry(clientMsgId: string): void;
  /** Forget an unsent message. One already on its way may still arrive. */
  discard(clientMsgId: string): void;

  edit(messageId: string, content: MessageContent | string): Promise<void>;
  recall(messageId: string): Promise<void>;
  /** Adds one's own reaction; shown at once, taken back if the server refuses. */
  react(messageId: string, emoji: string): Promise<void>;
  unreact(messageId: string, emoji: string): Promise<void>;

  /** Everything up to `seq` (default: the newest) has been read. Calls are gathered; never moves back. */
  markRead(seq?: number): void;
  /** Call on each keystroke; sent at most every 3 s, and taken back by `false`, by sending, or after 5 s of silence. */
  setTyping(typing: boolean): void;

  rename(name: string): Promise<void>;
  setMuted(muted: boolean): Promise<void>;
  setPinned(pinned: boolean): Promise<void>;
  leave(): Promise<void>;
  /** Reads all members (groups above 100). */
  loadMembers(): Promise<readonly ConversationMember[]>;
  addMembers(userIds: readonly string[], role?: MemberRole): Promise<void>;
  removeMember(userId: string): Promise<void>;
  setRole(userId: string, role: MemberRole): Promise<void>;
  /** Who received and read a message, and when. */
  receipts(messageId: string): Promise<MessageReceipts>;

  /** Begin writing a stream (an AI answer) into this conversation. */
  startStream(options?: StartStreamOptions): Promise<StreamWriter>;
}

/** What a list shows of one conversation. */
export interface ConversationSummary {
  readonly conversationId: string;
  readonly conversation: Conversation;
  /** The newest message, an unsent one of one's own included. */
  readonly lastItem: MessageItem | null;
  /** The tick of `lastItem`; null for others' messages. */
  readonly lastDelivery: DeliveryState | null;
  readonly unreadCount: number;
  readonly mentionCount: number;
  /** Who is typing, without oneself. */
  readonly typing: readonly string[];
  /** For a direct conversation: the other one. */
  readonly peerId: string | null;
  /** One's own messages of it that have not left. */
  readonly unsent: number;
}

export interface ConversationListSnapshot {
  /** Pinned first, then by newest activity. Rows that did not change keep their identity. */
  readonly items: readonly ConversationSummary[];
  readonly status: 'loading' | 'ready' | 'error';
  readonly hasMore: boolean;
  readonly loadingMore: boolean;
  readonly error: AiimError | null;
  /** Over conversations that are not muted. */
  readonly totalUnread: number;
  readonly totalMentions: number;
}

export interface ConversationList extends Observable<ConversationListSnapshot> {
  /** The next page of older conversations. */
  loadMore(): Promise<void>;
  /** Creates one, or finds the direct one that is there; it is in the list when this resolves. */
  create(request: CreateConversationRequest): Promise<ConversationStore>;
  /** The direct conversation with somebody. */
  direct(userId: string): Promise<ConversationStore>;
}

// ----------------------------------------------------------------------------------------------------------- people

export interface PresenceStore extends Observable<ReadonlyMap<string, Presence>> {
  /** Follow these users until the returned function is called. Calls add up, to 500 users at most. */
  watch(userIds: readonly string[]): () => void;
  /** One user's presence; following begins with the first subscriber. */
  user(userId: string): Observable<Presence | null>;
}

/** Profiles by id, read when first asked for, kept up to a limit. */
export interface UserDirectory {
  /** One profile; null until it is read. It is read when somebody subscribes or on `load`. */
  user(userId: string): Observable<User | null>;
  /** A profile that is in memory. */
  get(userId: string): User | null;
  load(userId: string): Promise<User | null>;
  /** Find people by name or id. */
  search(query: string, options?: { readonly limit?: number; readonly signal?: AbortSignal }): Promise<readonly User[]>;
}

/** Oneself. */
export interface MeStore extends Observable<User | null> {
  /** Known after the first connection, and remembered. */
  readonly userId: string | null;
  update(changes: { readonly display_name?: string; readonly avatar_url?: string | null }): Promise<User>;
}

// ---------------------------------------------------------------------------------------------------------- streams

/** A stream as its readers see it: grows while `streaming`, then stays. */
export interface StreamSnapshot {
  readonly streamId: string;
  readonly conversationId: string | null;
  /** The last step included. */
  readonly n: number;
  /** The answer so far. */
  readonly text: string;
  /** Reasoning, tool calls, status and text in their order. Parts that did not change keep their identity. */
  readonly parts: readonly StreamPart[];
  readonly streaming: boolean;
  /** How it ended. */
  readonly outcome: StreamOutcome | null;
  /** Not in sync with the server: a gap is being filled, or nothing was read yet. */
  readonly stale: boolean;
}

export type StreamChunk =
  /** `ops` are to be appended to what was yielded before. */
  | { readonly type: 'delta'; readonly n: number; readonly ops: readonly StreamOp[]; readonly snapshot: StreamSnapshot }
  /** Everything so far, at the beginning or after a gap: replaces what was yielded before. */
  | { readonly type: 'snapshot'; readonly n: number; readonly snapshot: StreamSnapshot }
  /** The last one. */
  | { readonly type: 'end'; readonly outcome: StreamOutcome; readonly snapshot: StreamSnapshot };

export interface StreamReader {
  /** Follows one stream; deltas apply by position, gaps are asked for. */
  get(streamId: string): Observable<StreamSnapshot>;
  /** What a stream says, from its beginning, over reconnects, until it ends or `signal` fires. */
  read(streamId: string, options?: { readonly signal?: AbortSignal }): AsyncIterable<StreamChunk>;
  /** Only the text, piece by piece. */
  text(streamId: string, options?: { readonly signal?: AbortSignal }): AsyncIterable<string>;
  /** Any member may stop a stream; what was written stays. */
  cancel(streamId: string): Promise<void>;
}

export interface StartStreamOptions {
  readonly replyTo?: string;
  readonly clientMsgId?: string;
  readonly signal?: AbortSignal;
}

/** Writes one stream. Steps are numbered, gathered, and sent again after a reconnect; the lease is kept. */
export interface StreamWriter {
  readonly streamId: string;
  readonly seq: number;
  /** Steps that the stream had before: above 0 where an earlier process began it under the same `clientMsgId`. */
  readonly resumedAt: number;
  /** Fires when the stream is over: cancelled by somebody, or the lease ran out. Give it to the model's request. */
  readonly signal: AbortSignal;
  /** Resolves when there is room for more; await it to follow the server's pace. */
  write(delta: string): Promise<void>;
  append(...ops: readonly StreamOp[]): Promise<void>;
  /** Sends what is left and ends the stream; resolves once that is durable. */
  end(request?: Partial<StreamEndRequest>): Promise<void>;
  cancel(): Promise<void>;
}

// --------------------------------------------------------------------------------------------------- media and calls

export interface UploadOptions {
  readonly filename?: string;
  readonly contentType?: string;
  readonly signal?: AbortSignal;
}

export interface MediaApi {
  /** Asks for a place, puts the bytes there and completes; the answer's `media_id` goes into a message. */
  upload(conversationId: string, data: Blob | Uint8Array, options?: UploadOptions): Promise<MediaMetadata>;
  download(mediaId: string): Promise<MediaDownload>;
  metadata(mediaId: string): Promise<MediaMetadata>;
  delete(mediaId: string): Promise<void>;
}

/** Signalling of calls; media is WebRTC's own. Events come as `client.on('call.…')`. */
export interface CallApi {
  initiate(conversationId: string, callType: CallType, clientCallId?: string): Promise<InitiateCallReply>;
  accept(callId: string): Promise<AcceptCallReply>;
  reject(callId: string): Promise<void>;
  hangup(callId: string): Promise<void>;
  /** Tell the caller that this device rings. */
  ringing(callId: string): Promise<void>;
  resume(callId: string, legToken: string): Promise<Readonly<Record<string, unknown>>>;
  signal(callId: string, type: CallSignalType, data: unknown, toUserId?: string): Promise<void>;
  iceConfiguration(): Promise<IceConfiguration>;
}

// ----------------------------------------------------------------------------------------------------------- outbox

export interface OutboxItem {
  readonly clientMsgId: string;
  readonly conversationId: string;
  readonly type: SendableMessageType;
  readonly content: MessageContent;
  readonly replyTo: string | null;
  /** ms since 1970. */
  readonly queuedAt: number;
  readonly state: 'queued' | 'sending' | 'failed';
  readonly error: AiimError | null;
}

/** All unsent messages, in their order. */
export interface OutboxStore extends Observable<readonly OutboxItem[]> {
  retry(clientMsgId: string): void;
  retryAll(): void;
  discard(clientMsgId: string): void;
}

// ----------------------------------------------------------------------------------------------------------- client

/** What happens, besides state: every event of the server as it arrived, and these. */
export interface ClientEvents extends ServerEvents {
  /**
   * A message of somebody else that is new since the client first went live, once and in the conversation's order.
   * `missed`: it came while the client was away for a while, and was caught up with: a bot answers it, a notification may
   * be too late. What came before the client started is history: see `unreadCount`. After a very long absence the server
   * may leave messages out of the catch-up; those are history too.
   */
  incoming: {
    readonly message: Message;
    readonly conversation: Conversation;
    readonly mentioned: boolean;
    readonly missed: boolean;
  };
  /** A message of the outbox failed. */
  'send.failed': OutboxItem;
  /** The user must sign in again. */
  'signed.out': AiimError;
}

export interface Client {
  readonly options: AiimClientOptions;
  /** Typed REST calls, for everything that has no better way here. */
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
  /** The store of one conversation. */
  conversation(conversationId: string): ConversationStore;
  /** Connects, and stays connected until `close`. Returns at once; watch `connection`. */
  start(): void;
  /** Resolves when `live` for the first time from now; rejects when signed out or closed. */
  ready(): Promise<void>;
  /** Try to reconnect now instead of at `retryAt`. */
  reconnectNow(): void;
  /** Listen to events of the server and of the client. Returns how to stop. */
  on<K extends keyof ClientEvents>(type: K, listener: (data: ClientEvents[K]) => void): () => void;
  /** Any operation of the WebSocket, for what has no method here. */
  request<T = unknown>(type: string, data: object, options?: { readonly signal?: AbortSignal }): Promise<T>;
  /** Ends the connection and all work. Unsent messages stay in `storage`. The client cannot be started again. */
  close(): Promise<void>;
  /** As `close`, and forgets what is in `storage` (for signing out). */
  closeAndForget(): Promise<void>;
}

export type EventType = ServerEventType;
