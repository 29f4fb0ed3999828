/**
 * The shapes that travel between an AIIM server and its clients, under the names that this SDK gives them. What the server
 * knows is in `generated/wire.ts`, made from the server's own tables; here are narrower forms of it (unions where one field
 * says which others are there) and the shapes of what this SDK knows before the server does. Unknown extra fields, which newer
 * servers may add, are accepted everywhere.
 */
import type * as wire from './generated/wire.js';

export type {
  ConversationType,
  CreateConversation as CreateConversationRequest,
  Cursor,
  FieldError,
  FrameError,
  Hello,
  MeEvent as MeUpdatedData,
  MemberRole,
  MemberView as ConversationMember,
  MembersEvent as MemberEventData,
  MembersPage as MemberPage,
  Message,
  MessageContent,
  MessageEvent as MessageEventData,
  MessageStatus,
  MessageType,
  MessagesPage as MessagePage,
  Problem,
  Reaction,
  ReceiptEvent as ReceiptData,
  ReceiptTimes as MessageReceipt,
  ReceiptsReply as MessageReceipts,
  SendAck as SendMessageAck,
  MessageSent as SendMessageReply,
  StreamContent,
  StreamOutcome,
  StreamSnapshot as StreamSnapshotData,
  StreamStarted as StreamStartAck,
  Timestamp,
  Tokens as LoginReply,
  User,
  UserKind,
  UserRole,
  UserStatus,
  UsersPage as UserPage,
  LoginView as SignIn,
} from './generated/wire.js';

type Timestamp = wire.Timestamp;
/** Fields that an object of the wire may lack, here always there. */
type With<T, K extends keyof T> = Required<Pick<T, K>>;

type OwnKeys = 'role' | 'unread_count' | 'mention_count' | 'muted' | 'pinned';
/** The part of a conversation that is the same for every member; what events carry. */
export interface SharedConversation extends Omit<wire.Conversation, OwnKeys> {}
/** A conversation as its member reads it. */
export interface Conversation extends SharedConversation, With<wire.Conversation, OwnKeys> {}

export interface ConversationPage extends Omit<wire.ConversationsPage, 'conversations'> {
  readonly conversations: readonly Conversation[];
}

type CursorKeys = 'delivered_seq' | 'read_seq';
/** Who comes back still has the cursors of before. Absent from servers that do not send them. */
export interface MemberChange
  extends Omit<wire.MemberChange, CursorKeys>, Partial<Pick<wire.MemberChange, CursorKeys>> {}

/** What may be sent; `system` messages are the server's, `ai` those of bots. */
export type SendableMessageType = Exclude<wire.MessageType, 'system' | 'stream_chunk'>;

/** One step of an AI answer, folded: consecutive deltas of one kind are one part. */
export type StreamPart = wire.StreamPart;

// ---------------------------------------------------------------------------------------------------------- errors

/** Every code the server answers with. */
export type ServerErrorCode = wire.ErrorCode;

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

// ------------------------------------------------------------------------------------------------------------ REST

/** What a login keeps: `LoginReply` without the user. */
export type TokenPair = Omit<wire.Tokens, 'user'>;

export interface SendMessageRequest {
  readonly conversation_id: string;
  readonly type: SendableMessageType;
  readonly content: wire.MessageContent | string;
  readonly reply_to?: string;
  readonly client_msg_id?: string;
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

export interface SyncPosition extends With<wire.SyncPosition, 'rev'> {
  readonly conversation_id: string;
  readonly epoch: string;
}

export interface SyncRequest {
  readonly since?: string;
  readonly conversations: readonly SyncPosition[];
}

/** The caller's own part of a conversation. */
export type MyState = Partial<wire.OwnState> & Pick<wire.OwnState, 'muted' | 'pinned' | 'unread_count'>;

/** What changed in one conversation after the position that was named. */
export interface SyncChanges extends With<
  wire.ConversationSync,
  'conversation_id' | 'epoch' | 'rev' | 'complete' | 'messages' | 'cursors' | 'me'
> {
  readonly members: readonly MemberChange[];
  readonly conversation?: SharedConversation & Partial<Conversation>;
}

/** Drop what is held of this conversation and read its newest page. */
export interface SyncReset
  extends
    With<wire.ConversationSync, 'conversation_id' | 'reason'>,
    Pick<wire.ConversationSync, 'epoch' | 'rev' | 'me' | 'cursors'> {
  readonly reset: true;
  readonly conversation: SharedConversation & Partial<Conversation>;
}

export interface SyncRemoved extends With<wire.ConversationSync, 'conversation_id'> {
  readonly removed: true;
}

/** Changed since the token, without its changes: ask again, naming the position that is held. */
export interface SyncStub extends With<
  wire.ConversationSync,
  'conversation_id' | 'epoch' | 'rev' | 'last_seq' | 'unread_count'
> {}

export type SyncConversation = SyncChanges | SyncReset | SyncRemoved | SyncStub;

export interface SyncReply {
  readonly sync_token: string;
  readonly conversations: readonly SyncConversation[];
  readonly more: boolean;
}

// --------------------------------------------------------------------------------------------------------- streams

type Op<K extends wire.StreamOpKind, F extends keyof wire.StreamOp> = { readonly op: K } & With<wire.StreamOp, F>;
export type StreamOp =
  | Op<'text', 'delta'>
  | Op<'reasoning', 'delta'>
  | Op<'tool_call', 'call_id' | 'name' | 'arguments'>
  | (Op<'tool_result', 'call_id' | 'result'> & Pick<wire.StreamOp, 'is_error'>)
  | Op<'status', 'text'>;

export interface StreamStartRequest {
  readonly conversation_id: string;
  readonly reply_to?: string;
  readonly client_msg_id?: string;
}

export interface StreamEndRequest {
  readonly status: wire.StreamStatus;
  readonly finish_reason?: string;
  readonly usage?: Readonly<Record<string, unknown>>;
}

export interface StreamDelta extends Omit<wire.StreamDelta, 'ops'> {
  readonly ops: readonly StreamOp[];
}

// ---------------------------------------------------------------------------------------------------------- events

/** The position of a durable event: it applies when `after` is at most the position held. */
export interface DurableData {
  readonly conversation_id: string;
  readonly rev: number;
  readonly after: number;
}

export interface ConversationEventData extends Omit<wire.ConversationEvent, 'conversation'> {
  readonly conversation?: SharedConversation & Partial<Conversation>;
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
  hello: wire.Hello;
  bye: ByeData;
  'message.created': wire.MessageEvent;
  'message.updated': wire.MessageEvent;
  'conversation.created': ConversationEventData;
  'conversation.updated': ConversationEventData;
  'conversation.removed': ConversationEventData;
  'member.joined': wire.MembersEvent;
  'member.left': wire.MembersEvent;
  'member.updated': wire.MembersEvent;
  'me.updated': wire.MeEvent;
  receipt: wire.ReceiptEvent;
  typing: TypingData;
  presence: Presence;
  'stream.delta': StreamDelta;
  'stream.snapshot': wire.StreamSnapshot;
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
