/**
 * The shapes that travel between an AIIM server and its clients: resources, events, operations and errors, one
 * declaration each, named as on the wire. This file has no code; it mirrors the server's schema (`/openapi.json`,
 * `/asyncapi.json`) and accepts unknown extra fields, which newer servers may add.
 */

/** A time as RFC 3339 UTC with milliseconds, for instance `2026-11-23T05:40:35.120Z`. */
export type Timestamp = string;

export type UserKind = 'human' | 'bot';
export type UserRole = 'user' | 'admin';
export type UserStatus = 'active' | 'suspended';

export interface User {
  readonly user_id: string;
  readonly tenant_id: string;
  readonly display_name: string;
  readonly avatar_url: string | null;
  readonly kind: UserKind;
  readonly role: UserRole;
  readonly status: UserStatus;
  readonly created_at: Timestamp;
}

export type ConversationType = 'direct' | 'group';
export type MemberRole = 'owner' | 'admin' | 'member';

/** A member as a conversation lists it. */
export interface ConversationMember {
  readonly user_id: string;
  readonly role: MemberRole;
  readonly joined_at: Timestamp;
  readonly delivered_seq: number;
  readonly read_seq: number;
}

/** A member as events and sync carry it: `left_at` is null while present. */
export interface MemberChange {
  readonly user_id: string;
  readonly role: MemberRole;
  readonly joined_at: Timestamp;
  readonly left_at: Timestamp | null;
  readonly rev: number;
  /** Who comes back still has the cursors of before. Absent from servers that do not send them. */
  readonly delivered_seq?: number;
  readonly read_seq?: number;
}

/** How far one member has received and read. Cursors only move forward. */
export interface Cursor {
  readonly user_id: string;
  readonly delivered_seq: number;
  readonly read_seq: number;
}

/** The part of a conversation that is the same for every member; what events carry. */
export interface SharedConversation {
  readonly conversation_id: string;
  readonly type: ConversationType;
  readonly name: string | null;
  readonly tenant_id: string;
  readonly created_at: Timestamp;
  readonly updated_at: Timestamp;
  readonly last_seq: number;
  readonly rev: number;
  readonly epoch: string;
  readonly member_count: number;
  /** At most 100; page through `GET …/members` for the rest. */
  readonly members: readonly ConversationMember[];
  readonly last_message: Message | null;
}

/** A conversation as its member reads it. */
export interface Conversation extends SharedConversation {
  /** The reader's own role. */
  readonly role: MemberRole;
  /** Others' messages after the own read cursor, counted up to 1,000. */
  readonly unread_count: number;
  readonly mention_count: number;
  readonly muted: boolean;
  readonly pinned: boolean;
}

export type MessageType = 'text' | 'image' | 'file' | 'audio' | 'video' | 'system' | 'ai';
/** What may be sent; `system` messages are the server's, `ai` those of bots. */
export type SendableMessageType = Exclude<MessageType, 'system'>;
/** `delivered` and `read` occur only in REST reads by the sender; live clients derive them from cursors. */
export type MessageStatus = 'sent' | 'streaming' | 'recalled' | 'delivered' | 'read';

export interface Reaction {
  readonly emoji: string;
  readonly count: number;
  /** At most 50. */
  readonly user_ids: readonly string[];
}

export interface TextContent {
  readonly text: string;
  readonly mentions?: readonly string[];
}

export interface MediaContent {
  readonly media_id?: string;
  readonly url?: string;
  readonly filename?: string;
  readonly file_size?: number;
  readonly content_type?: string;
  readonly width?: number;
  readonly height?: number;
  readonly duration?: number;
  readonly caption?: string;
  readonly waveform?: readonly number[];
  readonly thumbnail_url?: string;
}

/** One step of an AI answer, folded: consecutive deltas of one kind are one part. */
export type StreamPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'reasoning'; readonly text: string }
  | { readonly type: 'tool_call'; readonly call_id: string; readonly name: string; readonly arguments: unknown }
  | { readonly type: 'tool_result'; readonly call_id: string; readonly result: unknown; readonly is_error: boolean }
  | { readonly type: 'status'; readonly text: string };

export type StreamOutcome = 'complete' | 'error' | 'cancelled' | 'interrupted';

/** The content of a stream's message; `outcome` and `finish_reason` are there once it has ended. */
export interface StreamContent {
  readonly text: string;
  readonly parts?: readonly StreamPart[];
  readonly model?: string;
  readonly usage?: Readonly<Record<string, unknown>>;
  readonly finish_reason?: string | null;
  readonly outcome?: StreamOutcome;
  readonly mentions?: readonly string[];
}

/** What a message says. Which fields are there depends on its type; unknown keys are kept by the server. */
export type MessageContent = Partial<TextContent & MediaContent & Omit<StreamContent, 'text' | 'mentions'>> & {
  readonly [key: string]: unknown;
};

export interface Message {
  readonly message_id: string;
  readonly conversation_id: string;
  readonly sender_id: string;
  readonly type: MessageType;
  readonly content: MessageContent;
  /** The `message_id` that this one answers. */
  readonly reply_to: string | null;
  readonly client_msg_id: string | null;
  readonly created_at: Timestamp;
  readonly seq: number;
  readonly rev: number;
  readonly edited_at: Timestamp | null;
  readonly status: MessageStatus;
  readonly stream_id: string | null;
  /** While streaming: the last `n` that `content` includes. */
  readonly chunk_index: number | null;
  readonly is_end: boolean;
  readonly reactions: readonly Reaction[];
}

// ---------------------------------------------------------------------------------------------------------- errors

/** Every code the server answers with. */
export type ServerErrorCode =
  | 'invalid_request'
  | 'unauthenticated'
  | 'suspended'
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'conflict'
  | 'idempotency_mismatch'
  | 'stream_ended'
  | 'stream_gap'
  | 'too_large'
  | 'unsupported_media'
  | 'rate_limited'
  | 'internal'
  | 'unavailable';

/** Codes that this SDK adds for what happens on the way. */
export type ClientErrorCode =
  /** The server could not be reached, or the connection broke before the answer came. */
  | 'network'
  /** No answer within the time allowed. */
  | 'timeout'
  /** The caller's `AbortSignal` fired. */
  | 'aborted'
  /** The client was closed, or never started. */
  | 'closed'
  /** A bounded queue of the client is full. */
  | 'queue_full'
  /** The server answered something that this SDK does not understand. */
  | 'bad_response';

export type ErrorCode = ServerErrorCode | ClientErrorCode;

export interface FieldError {
  readonly field: string;
  readonly message: string;
}

/** RFC 9457 `application/problem+json`. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ServerErrorCode;
  readonly request_id: string;
  readonly errors?: readonly FieldError[];
}

/** The `error` member of a WebSocket error frame. */
export interface FrameError {
  readonly code: ServerErrorCode;
  readonly message: string;
  readonly retryable: boolean;
  readonly retry_after_ms?: number;
  /** For `stream_gap`: the `n` that the server expects. */
  readonly expect?: number;
  readonly errors?: readonly FieldError[];
}

// ------------------------------------------------------------------------------------------------------------ REST

export interface TokenPair {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly token_type: string;
  readonly expires_in: number;
}

export interface LoginReply extends TokenPair {
  readonly user: User;
}

export interface CreateConversationRequest {
  readonly type: ConversationType;
  readonly name?: string;
  readonly member_ids: readonly string[];
}

export interface ConversationPage {
  readonly conversations: readonly Conversation[];
  readonly next_cursor: string | null;
  readonly sync_token: string;
}

export interface MemberPage {
  readonly members: readonly ConversationMember[];
  readonly next_cursor: string | null;
}

export interface UserPage {
  readonly users: readonly User[];
  readonly next_cursor: string | null;
}

export interface MessagePage {
  readonly conversation_id: string;
  /** Ascending by `seq`. */
  readonly messages: readonly Message[];
  readonly has_more: boolean;
}

export interface SendMessageRequest {
  readonly conversation_id: string;
  readonly type: SendableMessageType;
  readonly content: MessageContent | string;
  readonly reply_to?: string;
  readonly client_msg_id?: string;
}

export interface SendMessageReply {
  readonly message: Message;
  readonly duplicate: boolean;
}

/** The acknowledgement of `send_message` on a WebSocket. */
export interface SendMessageAck {
  readonly message_id: string;
  readonly conversation_id: string;
  readonly client_msg_id: string | null;
  readonly seq: number;
  readonly rev: number;
  readonly created_at: Timestamp;
  readonly duplicate: boolean;
}

export interface MessageReceipt {
  readonly user_id: string;
  readonly delivered_at: Timestamp | null;
  readonly read_at: Timestamp | null;
}

export interface MessageReceipts {
  readonly conversation_id: string;
  readonly message_id: string;
  readonly receipts: readonly MessageReceipt[];
}

/** One sign-in of a local account (`GET /users/me/sessions`). */
export interface SignIn {
  readonly session_id: string;
  readonly created_at: Timestamp;
  readonly last_used_at?: Timestamp | null;
  readonly expires_at?: Timestamp | null;
  readonly user_agent?: string | null;
  readonly address?: string | null;
  readonly current?: boolean;
}

export interface UploadTokenRequest {
  readonly conversation_id: string;
  readonly filename: string;
  readonly content_type: string;
  readonly file_size: number;
}

export interface UploadToken {
  readonly media_id: string;
  readonly upload_url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly expires_at: Timestamp;
}

export interface UploadCompleteRequest {
  readonly media_id: string;
  readonly conversation_id: string;
  /** SHA-256, hexadecimal. */
  readonly file_hash: string;
  readonly file_size: number;
}

export interface MediaMetadata {
  readonly media_id: string;
  readonly conversation_id: string;
  readonly uploader_id: string;
  readonly filename: string;
  readonly content_type: string;
  readonly file_size: number;
  readonly file_hash: string | null;
  readonly width?: number | null;
  readonly height?: number | null;
  readonly duration?: number | null;
  /** At most 128 peaks, 0–255. */
  readonly waveform?: readonly number[] | null;
  readonly thumbnail_url?: string | null;
  readonly created_at: Timestamp;
  readonly status: string;
}

export interface MediaDownload {
  readonly download_url: string;
  readonly content_type: string;
  readonly filename: string;
  readonly file_size: number;
  readonly expires_at: Timestamp;
}

// ----------------------------------------------------------------------------------------------------------- calls

export type CallType = 'audio' | 'video';
export type CallSignalType = 'offer' | 'answer' | 'candidate' | 'renegotiate';
export type CallEndReason =
  | 'completed'
  | 'declined'
  | 'busy'
  | 'no_answer'
  | 'cancelled'
  | 'connection_lost'
  | 'media_failed'
  | 'replaced'
  | 'server_shutdown'
  | 'error'
  | 'answered_elsewhere';

export interface IceServer {
  readonly urls: readonly string[];
  readonly username?: string;
  readonly credential?: string;
}

export interface IceConfiguration {
  readonly iceServers: readonly IceServer[];
  readonly ttl: number;
}

export interface InitiateCallReply {
  readonly call_id: string;
  readonly status: string;
  readonly leg_token: string;
  readonly ice_configuration: IceConfiguration;
  readonly ring_timeout_ms: number;
}

export interface AcceptCallReply {
  readonly call_id?: string;
  readonly status?: string;
  readonly leg_token: string;
  readonly ice_configuration: IceConfiguration;
  readonly [key: string]: unknown;
}

/** A call as `GET /calls/{id}` answers it. */
export interface Call {
  readonly call_id: string;
  readonly conversation_id: string;
  readonly call_type: CallType;
  readonly status: 'initiated' | 'ringing' | 'answered' | 'completed' | 'missed' | 'rejected' | 'failed';
  readonly end_reason?: CallEndReason | null;
  readonly [key: string]: unknown;
}

export interface CallPage {
  readonly calls: readonly Call[];
  readonly next_cursor: string | null;
}

/** The fields that every `call.*` event has; the rest depends on the event. */
export interface CallEventData {
  readonly call_id: string;
  readonly conversation_id?: string;
  readonly [key: string]: unknown;
}

export interface CallIncomingData extends CallEventData {
  readonly conversation_id: string;
  readonly from_user_id: string;
  readonly call_type: CallType;
  readonly ring_timeout_ms: number;
}

export interface CallSignalData extends CallEventData {
  readonly signal_type: CallSignalType;
  readonly signal_data: unknown;
}

// ------------------------------------------------------------------------------------------------------------ sync

export interface SyncPosition {
  readonly conversation_id: string;
  readonly epoch: string;
  readonly rev: number;
}

export interface SyncRequest {
  readonly since?: string;
  readonly conversations: readonly SyncPosition[];
}

/** The caller's own part of a conversation. */
export interface MyState {
  readonly muted: boolean;
  readonly pinned: boolean;
  readonly unread_count: number;
  readonly mention_count?: number;
  readonly delivered_seq?: number;
  readonly read_seq?: number;
  readonly role?: MemberRole;
}

/** What changed in one conversation after the position that was named. */
export interface SyncChanges {
  readonly conversation_id: string;
  readonly epoch: string;
  /** The position after this page. */
  readonly rev: number;
  readonly complete: boolean;
  /** Ascending by `rev`. */
  readonly messages: readonly Message[];
  readonly members: readonly MemberChange[];
  readonly cursors: readonly Cursor[];
  readonly me: MyState;
  readonly conversation?: SharedConversation & Partial<Conversation>;
}

/** Drop what is held of this conversation and read its newest page. */
export interface SyncReset {
  readonly conversation_id: string;
  readonly reset: true;
  readonly reason: 'epoch' | 'too_far' | 'unknown';
  readonly epoch?: string;
  readonly rev?: number;
  readonly conversation: SharedConversation & Partial<Conversation>;
  readonly me?: MyState;
  readonly cursors?: readonly Cursor[];
}

export interface SyncRemoved {
  readonly conversation_id: string;
  readonly removed: true;
}

/** Changed since the token, without its changes: ask again, naming the position that is held. */
export interface SyncStub {
  readonly conversation_id: string;
  readonly epoch: string;
  readonly rev: number;
  readonly last_seq: number;
  readonly unread_count: number;
}

export type SyncConversation = SyncChanges | SyncReset | SyncRemoved | SyncStub;

export interface SyncReply {
  readonly sync_token: string;
  readonly conversations: readonly SyncConversation[];
  readonly more: boolean;
}

// --------------------------------------------------------------------------------------------------------- streams

export type StreamOp =
  | { readonly op: 'text'; readonly delta: string }
  | { readonly op: 'reasoning'; readonly delta: string }
  | { readonly op: 'tool_call'; readonly call_id: string; readonly name: string; readonly arguments: unknown }
  | { readonly op: 'tool_result'; readonly call_id: string; readonly result: unknown; readonly is_error?: boolean }
  | { readonly op: 'status'; readonly text: string };

export interface StreamStartRequest {
  readonly conversation_id: string;
  readonly reply_to?: string;
  readonly client_msg_id?: string;
}

export interface StreamStartAck {
  readonly stream_id: string;
  readonly seq: number;
  readonly rev: number;
  readonly lease_ms: number;
  /** The stream was there already, begun under the same `client_msg_id`. */
  readonly duplicate?: boolean;
}

export interface StreamEndRequest {
  readonly status: 'complete' | 'error' | 'cancelled';
  readonly finish_reason?: string;
  readonly usage?: Readonly<Record<string, unknown>>;
}

export interface StreamDelta {
  readonly conversation_id: string;
  readonly stream_id: string;
  readonly from: number;
  readonly n: number;
  readonly ops: readonly StreamOp[];
}

export interface StreamSnapshotData {
  readonly conversation_id?: string;
  readonly stream_id: string;
  readonly n: number;
  readonly content: StreamContent;
}

// ---------------------------------------------------------------------------------------------------------- events

export interface Hello {
  readonly session_id: string;
  readonly user_id: string;
  readonly tenant_id: string;
  readonly server_time: Timestamp;
  readonly heartbeat_ms: number;
  readonly version: string;
  readonly sync_token: string;
}

/** The position of a durable event: it applies when `after` is at most the position held. */
export interface DurableData {
  readonly conversation_id: string;
  readonly rev: number;
  readonly after: number;
}

export interface MessageEventData extends DurableData {
  readonly message: Message;
}

export interface MemberEventData extends DurableData {
  readonly members: readonly MemberChange[];
}

export interface ConversationEventData {
  readonly conversation_id: string;
  readonly rev?: number;
  readonly after?: number;
  readonly conversation?: SharedConversation & Partial<Conversation>;
}

export interface ReceiptData {
  readonly conversation_id: string;
  readonly user_id: string;
  readonly delivered_seq: number;
  readonly read_seq: number;
  readonly timestamp: Timestamp;
}

export interface MeUpdatedData {
  readonly conversation_id: string;
  readonly muted: boolean;
  readonly pinned: boolean;
  readonly delivered_seq: number;
  readonly read_seq: number;
  readonly unread_count: number;
  readonly mention_count?: number;
}

export interface TypingData {
  readonly conversation_id: string;
  readonly user_id: string;
  readonly state: 'start' | 'stop';
}

export type PresenceState = 'online' | 'away' | 'offline';

export interface Presence {
  readonly user_id: string;
  readonly state: PresenceState;
  readonly last_seen: Timestamp | null;
}

export interface ByeData {
  readonly reason: 'draining' | 'slow_consumer' | 'replaced' | 'unauthenticated';
  readonly reconnect_after_ms: number | null;
}

/** Every event by its type. */
export interface ServerEvents {
  hello: Hello;
  bye: ByeData;
  'message.created': MessageEventData;
  'message.updated': MessageEventData;
  'conversation.created': ConversationEventData;
  'conversation.updated': ConversationEventData;
  'conversation.removed': ConversationEventData;
  'member.joined': MemberEventData;
  'member.left': MemberEventData;
  'member.updated': MemberEventData;
  'me.updated': MeUpdatedData;
  receipt: ReceiptData;
  typing: TypingData;
  presence: Presence;
  'stream.delta': StreamDelta;
  'stream.snapshot': StreamSnapshotData;
  'call.incoming': CallIncomingData;
  'call.ringing': CallEventData;
  'call.accepted': CallEventData;
  'call.ended': CallEventData;
  'call.webrtc.signal': CallSignalData;
}

export type ServerEventType = keyof ServerEvents;

/** An event as it arrives; types that this SDK does not know pass through with `data` unread. */
export type ServerEvent = {
  readonly [T in ServerEventType]: { readonly type: T; readonly data: ServerEvents[T] };
}[ServerEventType];
