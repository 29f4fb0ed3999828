// Made by `make generate` from the server's tables (`aiim schema typescript`). Do not edit.

/** A time as RFC 3339 UTC with milliseconds, for instance `2026-11-23T05:40:35.120Z`. */
export type Timestamp = string;

/** An empty object. */
export type Nothing = Readonly<Record<string, never>>;

/** What `add_members` takes. */
export interface AddMembers {
  /** The conversation's id. */
  readonly conversation_id: string;
  /** Who to add; unknown users are created. */
  readonly user_ids: readonly string[];
  /** The role they get; `member` when absent. Nobody gives a role above their own. */
  readonly role?: MemberRole | null;
}

/** A bot's key as its admins see it; the key itself is shown once, when it is made. */
export interface ApiKey {
  /** The key's id; not the key. */
  readonly key_id: string;
  /** The bot that it acts as. */
  readonly user_id: string;
  /** What the key is for. */
  readonly name: string;
  /** What the key may do; empty: everything its bot may. */
  readonly scopes: readonly ApiScope[];
  /** When it was made. */
  readonly created_at: Timestamp;
  /** When it was used last, to the minute. */
  readonly last_used_at: Timestamp | null;
  /** When it was revoked; null while in force. */
  readonly revoked_at: Timestamp | null;
}

/** What `revoke_api_key` takes. */
export interface ApiKeyId {
  /** The key's id; not the key. */
  readonly key_id: string;
}

/** The tenant's keys. */
export interface ApiKeys {
  /** The keys, newest first, revoked ones included. */
  readonly api_keys: readonly ApiKey[];
}

/** What a key may do: `read` changes nothing. */
export type ApiScope = 'read' | 'write';

/** What `append_stream` takes. */
export interface AppendStream {
  /** The stream's id, which is its message's. */
  readonly stream_id: string;
  /** The next number: one above the last. A repeat is acknowledged again; a jump is `stream_gap`. */
  readonly n: number;
  /** The pieces, in order. */
  readonly ops: readonly StreamOp[];
}

/** A page of the audit log. */
export interface AuditPage {
  /** Newest first. */
  readonly entries: readonly AuditRow[];
  /** `cursor` of the next page; null after the last. */
  readonly next_cursor: string | null;
}

/** Who did what: written in the transaction that it is about. */
export interface AuditRow {
  /** When it was committed. */
  readonly at: Timestamp;
  /** Who did it: a user, or `cli`. */
  readonly actor_id: string;
  /** The operation's name, or the command's. */
  readonly operation: string;
  /** The conversation that it was done in, if in one. */
  readonly conversation_id: string | null;
  /** What it was done to: a user, a message, a login, a key; and how, where that can differ. */
  readonly target: string | null;
  /** The `X-Request-Id` of the request; null for the command line. */
  readonly request_id: string | null;
  /** Where the request came from; null for the command line. */
  readonly address: string | null;
}

/** Why the server closes the connection. */
export interface Bye {
  /** Why. */
  readonly reason: ByeReason;
  /** How long to wait before connecting again, in milliseconds; spread, so that not all come at once. */
  readonly reconnect_after_ms: number;
}

/**
 * `draining`: the server restarts. `slow_consumer`: the client did not read fast enough. `replaced`: by another
 * connection. `unauthenticated`: the credentials expired, were revoked or are bad.
 */
export type ByeReason = 'draining' | 'slow_consumer' | 'replaced' | 'unauthenticated';

/** What `change_role` takes. */
export interface ChangeRole {
  /** The conversation's id. */
  readonly conversation_id: string;
  /** The user's id: `sub` of its tokens. */
  readonly user_id: string;
  /** The role to have. */
  readonly role: MemberRole;
}

/**
 * A conversation as its member reads it. In events the caller's own fields (`role`, `unread_count`, `mention_count`,
 * `muted`, `pinned`) are absent: everybody gets the same.
 */
export interface Conversation {
  /** The conversation's id. */
  readonly conversation_id: string;
  /** The type. */
  readonly type: ConversationType;
  /** The name of a group; null in direct conversations. */
  readonly name: string | null;
  /** The tenant. */
  readonly tenant_id: string;
  /** When it was made. */
  readonly created_at: Timestamp;
  /** When it changed last. */
  readonly updated_at: Timestamp;
  /** The newest message's `seq`; 0 when there is none. */
  readonly last_seq: number;
  /** The oldest `seq` that is still kept; messages below it were deleted by retention. */
  readonly min_seq: number;
  /** The conversation's newest revision: the position of a client that has read it. */
  readonly rev: number;
  /** Opaque; another one means that the history was replaced, and `rev` and `seq` start over. */
  readonly epoch: string;
  /** How many members there are. */
  readonly member_count: number;
  /** At most 100, the reader first; the members' own list pages through all. */
  readonly members: readonly MemberView[];
  /** The reader's own role. */
  readonly role?: MemberRole;
  /** Others' messages after the own read cursor, without recalled and `system` ones; counted up to 1,000. */
  readonly unread_count?: number;
  /** Unread messages that mention the reader. */
  readonly mention_count?: number;
  /** The reader wants no notifications of this conversation. */
  readonly muted?: boolean;
  /** The reader keeps this conversation on top. */
  readonly pinned?: boolean;
  /** The newest message; null when there is none. */
  readonly last_message: Message | null;
}

/** A conversation appeared, changed or is gone. Which fields are there depends on what happened. */
export interface ConversationEvent {
  /** The conversation's id. */
  readonly conversation_id: string;
  /** The revision in which it changed last. */
  readonly rev?: number;
  /**
   * The rev of the change before it that the user could see; apply the event when the own position is at least this.
   */
  readonly after?: number;
  /** Alone: the history was replaced, sync. */
  readonly epoch?: string;
  /** The conversation as it is now, without what is one member's own. */
  readonly conversation?: Conversation;
}

/** What `get_conversation` takes. */
export interface ConversationId {
  /** The conversation's id. */
  readonly conversation_id: string;
}

/**
 * One conversation of a sync: a page of changes (`complete` is there); or a stub without changes (ask again naming your
 * rev); or `reset` (drop it and read the newest page); or `removed`.
 */
export interface ConversationSync {
  /** The conversation's id. */
  readonly conversation_id: string;
  /** Opaque; another one means that the history was replaced, and `rev` and `seq` start over. */
  readonly epoch?: string;
  /** The position after this page. */
  readonly rev?: number;
  /** Nothing is left after this page. */
  readonly complete?: boolean;
  /** The opposite of `complete`, as other pages name it. */
  readonly has_more?: boolean;
  /** The messages that changed, ascending by `rev`, each once as it is now. */
  readonly messages?: readonly Message[];
  /** The members that changed, those who left included. */
  readonly members?: readonly MemberChange[];
  /** All members' cursors, up to 100 members; above, the own. */
  readonly cursors?: readonly Cursor[];
  /** The caller's own state, whole. */
  readonly me?: OwnState;
  /** The conversation, where it changed. */
  readonly conversation?: Conversation;
  /** Drop what is held of the conversation and read its newest page. */
  readonly reset?: boolean;
  /** Why. */
  readonly reason?: ResetReason;
  /** The caller is no member any more: drop the conversation. */
  readonly removed?: boolean;
  /** The oldest `seq` that is still kept; messages below it were deleted by retention. */
  readonly min_seq?: number;
  /** The newest message's `seq`; 0 when there is none. */
  readonly last_seq?: number;
  /** Others' messages after the own read cursor, without recalled and `system` ones; counted up to 1,000. */
  readonly unread_count?: number;
}

/** `direct`: exactly two members, one per pair. `group`: members come and go. */
export type ConversationType = 'direct' | 'group';

/** A page of conversations, newest activity first. */
export interface ConversationsPage {
  /** The conversations. */
  readonly conversations: readonly Conversation[];
  /** `cursor` of the next page; null after the last. */
  readonly next_cursor: string | null;
  /** Opaque: keep the newest; `since` of a later sync. */
  readonly sync_token: string;
}

/** What `create_api_key` takes. */
export interface CreateApiKey {
  /** The bot that the key acts as; created when unknown. */
  readonly user_id: string;
  /** What the key is for. */
  readonly name?: string | null;
  /** What the key may do; absent or empty: everything the bot may. */
  readonly scopes?: readonly ApiScope[] | null;
}

/** What `create_conversation` takes. */
export interface CreateConversation {
  /** The type. */
  readonly type: ConversationType;
  /** The name of a group. */
  readonly name?: string | null;
  /** Who else is in it; unknown users are created. Of a direct conversation: one other user. */
  readonly member_ids: readonly string[];
}

/** How far one member has received and read. Cursors only move forward. */
export interface Cursor {
  /** The user's id: `sub` of its tokens. */
  readonly user_id: string;
  /** Received up to this `seq`. */
  readonly delivered_seq: number;
  /** Read up to this `seq`. */
  readonly read_seq: number;
}

/** Something that the server needs. */
export interface DependencyHealth {
  /** The state of it. */
  readonly status: string;
  /** Seconds that it took to answer; null when it did not. */
  readonly response_time: number | null;
}

/** What `edit_message` takes. */
export interface EditMessage {
  /** The conversation's id. */
  readonly conversation_id: string;
  /** The message's id. */
  readonly message_id: string;
  /** What the message says from now on; a bare string is text. */
  readonly content: MessageContent | string;
}

/** What `end_stream` takes. */
export interface EndStream {
  /** The stream's id, which is its message's. */
  readonly stream_id: string;
  /** How it ended; `complete` when absent. */
  readonly status?: StreamStatus | null;
  /** Why the model stopped, in its own words. */
  readonly finish_reason?: string | null;
  /** What the model says it used: any JSON object of at most 4096 bytes. */
  readonly usage?: unknown | null;
}

/** Stable names of what went wrong; the reference lists them with statuses and close codes. */
export type ErrorCode =
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

/** One field of the request that is not valid. */
export interface FieldError {
  /** The path into the request: `content.text`, `member_ids[3]`. */
  readonly field: string;
  /** What is not valid about it. */
  readonly message: string;
}

/** What went wrong with a frame. */
export interface FrameError {
  /** What went wrong. */
  readonly code: ErrorCode;
  /** What went wrong, for people. */
  readonly message: string;
  /** The same frame may succeed later. */
  readonly retryable: boolean;
  /** Milliseconds until the same request may succeed. */
  readonly retry_after_ms?: number;
  /** For `stream_gap`: the `n` that the server expects. */
  readonly expect?: number;
  /** The fields that are not valid. */
  readonly errors?: readonly FieldError[];
}

/** What was looked at. */
export interface HealthChecks {
  /** The database. */
  readonly database: DependencyHealth;
  /** Kept for readers of the original service's document. */
  readonly redis: DependencyHealth;
  /** The machine. */
  readonly system: MachineHealth;
}

/** How the server is. */
export interface HealthDocument {
  /** `healthy` or `unhealthy`. */
  readonly status: string;
  /** Seconds since 1970. */
  readonly timestamp: number;
  /** What was looked at. */
  readonly checks: HealthChecks;
  /** The server's version. */
  readonly version: string;
}

/** Whose connection this is, and where it starts. */
export interface Hello {
  /** The connection's id. */
  readonly session_id: string;
  /** The user's id: `sub` of its tokens. */
  readonly user_id: string;
  /** The tenant. */
  readonly tenant_id: string;
  /** The server's clock. */
  readonly server_time: Timestamp;
  /** How often the server pings, in milliseconds. */
  readonly heartbeat_ms: number;
  /** The server's version. */
  readonly version: string;
  /** Where a client stands from now on, once it has listed or synced on this connection. */
  readonly sync_token: string;
}

/** What `list_conversations` takes. */
export interface ListConversations {
  /** How many at most. */
  readonly limit?: number | null;
  /** `next_cursor` of the page before. */
  readonly cursor?: string | null;
  /** Only those with activity since then. */
  readonly updated_since?: Timestamp | null;
}

/** What `list_members` takes. */
export interface ListMembers {
  /** The conversation's id. */
  readonly conversation_id: string;
  /** How many at most. */
  readonly limit?: number | null;
  /** `next_cursor` of the page before. */
  readonly cursor?: string | null;
}

/** What `login` takes. */
export interface LoginRequest {
  /** The account's user id. */
  readonly username: string;
  /** The password. */
  readonly password: string;
}

/** One login of a local account: a family of refresh tokens, of which the newest is good. */
export interface LoginView {
  /** The login's id. */
  readonly session_id: string;
  /** The address it was used from last. */
  readonly address: string;
  /** What the client called itself. */
  readonly user_agent: string;
  /** When it was made. */
  readonly created_at: Timestamp;
  /** When it was used last. */
  readonly last_used_at: Timestamp;
  /** When it ends. */
  readonly expires_at: Timestamp;
  /** The one that this request came with. */
  readonly current: boolean;
}

/** The caller's logins. */
export interface LoginsReply {
  /** The logins. */
  readonly sessions: readonly LoginView[];
}

/** What `logout` takes. */
export interface LogoutRequest {
  /** Names the login where the access token does not. */
  readonly refresh_token?: string | null;
}

/** The machine that the server runs on. */
export interface MachineHealth {
  /** Per cent of all cores. */
  readonly cpu_usage: number;
  /** Per cent of the memory. */
  readonly memory_usage: number;
  /** The state of it. */
  readonly status: string;
}

/** What `mark_delivered` takes. */
export interface MarkRequest {
  /** The conversation's id. */
  readonly conversation_id: string;
  /** Up to this `seq`; above the newest is not valid. Below the cursor changes nothing. */
  readonly seq?: number | null;
  /** Up to this message; or say `seq`. */
  readonly message_id?: string | null;
  /** Another name for `seq`. */
  readonly last_read_seq?: number | null;
  /** Another name for `message_id`. */
  readonly last_read_message_id?: string | null;
  /** Must be the caller's, when it is there. */
  readonly user_id?: string | null;
}

/** The user's own state in a conversation, whole. */
export interface MeEvent {
  /** The conversation's id. */
  readonly conversation_id: string;
  /** The reader wants no notifications of this conversation. */
  readonly muted: boolean;
  /** The reader keeps this conversation on top. */
  readonly pinned: boolean;
  /** Received up to this `seq`. */
  readonly delivered_seq: number;
  /** Read up to this `seq`. */
  readonly read_seq: number;
  /** Others' messages after the own read cursor, without recalled and `system` ones; counted up to 1,000. */
  readonly unread_count: number;
  /** Unread messages that mention the reader. */
  readonly mention_count: number;
}

/** A member as events and sync carry it: present while `left_at` is null. */
export interface MemberChange {
  /** The user's id: `sub` of its tokens. */
  readonly user_id: string;
  /** The member's role. */
  readonly role: MemberRole;
  /** When the user became a member, last. */
  readonly joined_at: Timestamp;
  /** When the member left; null while present. */
  readonly left_at: Timestamp | null;
  /** The revision in which it changed last. */
  readonly rev: number;
  /** Received up to this `seq`. */
  readonly delivered_seq: number;
  /** Read up to this `seq`. */
  readonly read_seq: number;
}

/** What `remove_member` takes. */
export interface MemberId {
  /** The conversation's id. */
  readonly conversation_id: string;
  /** The user's id: `sub` of its tokens. */
  readonly user_id: string;
}

/** What a member may do, ascending: `member`, `admin`, `owner`. In a direct conversation both are `member`. */
export type MemberRole = 'member' | 'admin' | 'owner';

/** A member with its cursors, as conversations list them. */
export interface MemberView {
  /** The user's id: `sub` of its tokens. */
  readonly user_id: string;
  /** The member's role. */
  readonly role: MemberRole;
  /** When the user became a member, last. */
  readonly joined_at: Timestamp;
  /** Received up to this `seq`. */
  readonly delivered_seq: number;
  /** Read up to this `seq`. */
  readonly read_seq: number;
}

/** The members that one change concerned, as they are now. */
export interface MembersEvent {
  /** The conversation's id. */
  readonly conversation_id: string;
  /** The revision in which it changed last. */
  readonly rev: number;
  /**
   * The rev of the change before it that the user could see; apply the event when the own position is at least this.
   */
  readonly after: number;
  /** The members. */
  readonly members: readonly MemberChange[];
}

/** A page of members, in order of `user_id`. */
export interface MembersPage {
  /** The members. */
  readonly members: readonly MemberView[];
  /** `cursor` of the next page; null after the last. */
  readonly next_cursor: string | null;
}

/** One entry of a conversation's log. It keeps its `seq` for ever; edits, reactions and recalls change it in place. */
export interface Message {
  /** The message's id. */
  readonly message_id: string;
  /** The conversation's id. */
  readonly conversation_id: string;
  /** Who wrote it. */
  readonly sender_id: string;
  /** The type. */
  readonly type: MessageType;
  /** What the message says. */
  readonly content: MessageContent;
  /** The `message_id` that it answers. */
  readonly reply_to: string | null;
  /** The sender's own name for it; null when it gave none. */
  readonly client_msg_id: string | null;
  /** When it was made. */
  readonly created_at: Timestamp;
  /** The place in the conversation: 1, 2, 3 … without a gap. */
  readonly seq: number;
  /** The revision in which the message changed last. */
  readonly rev: number;
  /** When its content was changed last; null when never. */
  readonly edited_at: Timestamp | null;
  /** The state of it. */
  readonly status: MessageStatus;
  /** The stream that wrote it; null for a message that was sent whole. */
  readonly stream_id: string | null;
  /** While streaming: the last `n` that `content` includes. */
  readonly chunk_index: number | null;
  /** False while a stream is writing it. */
  readonly is_end: boolean;
  /** Who reacted how, at most 50 different emoji. */
  readonly reactions: readonly Reaction[];
}

/**
 * What a message says. Which fields are there depends on the message's type; keys that the server does not know are
 * kept. Empty once the message is recalled.
 */
export interface MessageContent {
  /** The words; of `text` and `ai` messages, where it is not empty. */
  readonly text?: string;
  /** Ids of the users that the text mentions. */
  readonly mentions?: readonly string[];
  /** An uploaded file of this conversation. */
  readonly media_id?: string;
  /** Where the file is, `http` or `https`, instead of `media_id`. */
  readonly url?: string;
  /** The file's name. */
  readonly filename?: string;
  /** The file's size in bytes. */
  readonly file_size?: number;
  /** The file's media type. */
  readonly content_type?: string;
  /** Width in pixels. */
  readonly width?: number;
  /** Height in pixels. */
  readonly height?: number;
  /** Length of audio or video in seconds. */
  readonly duration?: number;
  /** Words under a picture. */
  readonly caption?: string;
  /** Peaks of the sound, 0 to 255, at most 128. */
  readonly waveform?: readonly number[];
  /** A small picture of it. */
  readonly thumbnail_url?: string;
  /** All pieces in order, where there is more than text. */
  readonly parts?: readonly StreamPart[];
  /** The model that wrote it. */
  readonly model?: string;
  /** What the model says it used: any JSON object of at most 4096 bytes. */
  readonly usage?: unknown;
  /** Why the model stopped, in its own words. */
  readonly finish_reason?: string;
  /** How the stream ended; absent while it is open. */
  readonly outcome?: StreamOutcome;
  readonly [key: string]: unknown;
}

/** A message as it is now: put it in place by `message_id`. */
export interface MessageEvent {
  /** The conversation's id. */
  readonly conversation_id: string;
  /** The revision in which it changed last. */
  readonly rev: number;
  /**
   * The rev of the change before it that the user could see; apply the event when the own position is at least this.
   */
  readonly after: number;
  /** The message. */
  readonly message: Message;
}

/** What `get_message` takes. */
export interface MessageId {
  /** The conversation's id. */
  readonly conversation_id: string;
  /** The message's id. */
  readonly message_id: string;
}

/** The message as it is now. */
export interface MessageReply {
  /** The message. */
  readonly message: Message;
}

/** The message as it is now, and whether it was there before. */
export interface MessageSent {
  /** The message. */
  readonly message: Message;
  /** The same request came before: nothing was added. */
  readonly duplicate: boolean;
}

/**
 * `streaming` while a stream writes it, then `sent`; `recalled`: a tombstone. `delivered` and `read` occur only in REST
 * reads by the sender; live clients derive them from cursors.
 */
export type MessageStatus = 'sent' | 'streaming' | 'recalled' | 'delivered' | 'read';

/**
 * `system` messages are the server's, `ai` those of bots; `stream_chunk` is a legacy way to write a stream and never
 * the type of a stored message.
 */
export type MessageType = 'text' | 'image' | 'file' | 'audio' | 'video' | 'system' | 'ai' | 'stream_chunk';

/** A page of messages, ascending by `seq`. */
export interface MessagesPage {
  /** The conversation's id. */
  readonly conversation_id: string;
  /** The messages. */
  readonly messages: readonly Message[];
  /** There is more in the direction of the request. */
  readonly has_more: boolean;
}

/** A key that was just made. */
export interface NewApiKey {
  /** The key. It is shown this once. */
  readonly key: string;
  /** The key as admins see it from now on. */
  readonly api_key: ApiKey;
}

/** What a session says of its user: `away` when nobody is looking. */
export type OwnPresence = 'online' | 'away';

/** What is the caller's own in a conversation. */
export interface OwnState {
  /** The member's role. */
  readonly role: MemberRole;
  /** The reader wants no notifications of this conversation. */
  readonly muted: boolean;
  /** The reader keeps this conversation on top. */
  readonly pinned: boolean;
  /** Received up to this `seq`. */
  readonly delivered_seq: number;
  /** Read up to this `seq`. */
  readonly read_seq: number;
  /** Others' messages after the own read cursor, without recalled and `system` ones; counted up to 1,000. */
  readonly unread_count: number;
  /** Unread messages that mention the reader. */
  readonly mention_count: number;
}

/** What `ping` takes. */
export interface PingRequest {
  /** Own streams whose leases to renew. */
  readonly stream_ids?: readonly string[] | null;
}

/** The connection is alive. */
export interface Pong {
  /** The server's clock. */
  readonly server_time: Timestamp;
}

/** Whether somebody is there. Whoever shares no conversation with the asker reads as `offline`. */
export interface Presence {
  /** The user's id: `sub` of its tokens. */
  readonly user_id: string;
  /** The state. */
  readonly state: PresenceState;
  /** When the user was there last; null where that is not known, or not for the asker to know. */
  readonly last_seen: Timestamp | null;
}

/** Everybody on the list, as they are now. */
export interface PresenceReply {
  /** In order of `user_id`. */
  readonly presence: readonly Presence[];
}

/** `away`: connected, but nobody seems to be looking. */
export type PresenceState = 'online' | 'away' | 'offline';

/** What went wrong (RFC 9457). */
export interface Problem {
  /** Always `about:blank`: `code` says it all. */
  readonly type: string;
  /** What the code means, in the caller's language. */
  readonly title: string;
  /** The HTTP status. */
  readonly status: number;
  /** What went wrong, for people. */
  readonly detail: string;
  /** What went wrong. */
  readonly code: ErrorCode;
  /** The request's id, as in `X-Request-Id`. */
  readonly request_id: string;
  /** Milliseconds until the same request may succeed. */
  readonly retry_after_ms?: number;
  /** For `stream_gap`: the `n` that the server expects. */
  readonly expect?: number;
  /** The fields that are not valid. */
  readonly errors?: readonly FieldError[];
}

/** What `react` takes. */
export interface React {
  /** The conversation's id. */
  readonly conversation_id: string;
  /** The message's id. */
  readonly message_id: string;
  /** An emoji, or another short text. */
  readonly emoji: string;
  /** Take the reaction back. */
  readonly remove?: boolean | null;
}

/** One emoji under a message, and who chose it. */
export interface Reaction {
  /** An emoji, or another short text. */
  readonly emoji: string;
  /** How many users chose it. */
  readonly count: number;
  /** Who, at most 50. */
  readonly user_ids: readonly string[];
}

/** What `read_audit_log` takes. */
export interface ReadAuditLog {
  /** How many at most. */
  readonly limit?: number | null;
  /** `next_cursor` of the page before. */
  readonly cursor?: string | null;
}

/** What `read_changes` takes. */
export interface ReadChanges {
  /** The conversation's id. */
  readonly conversation_id: string;
  /** The position: what changed after this revision. */
  readonly since_rev?: number | null;
  /** The epoch of the position; the present one when absent. */
  readonly epoch?: string | null;
  /** How many at most. */
  readonly limit?: number | null;
}

/** What `read_messages` takes. */
export interface ReadMessages {
  /** The conversation's id. */
  readonly conversation_id: string;
  /** How many at most. */
  readonly limit?: number | null;
  /** Messages before this `seq`, the newest of them. */
  readonly before_seq?: number | null;
  /** Messages after this `seq`, the oldest first page. */
  readonly after_seq?: number | null;
  /** Messages around this `seq`. */
  readonly around_seq?: number | null;
}

/** A member's cursors after they moved. */
export interface ReceiptEvent {
  /** The conversation's id. */
  readonly conversation_id: string;
  /** The user's id: `sub` of its tokens. */
  readonly user_id: string;
  /** Received up to this `seq`. */
  readonly delivered_seq: number;
  /** Read up to this `seq`. */
  readonly read_seq: number;
  /** When the cursors moved. */
  readonly timestamp: Timestamp;
}

/** When a message reached one member. */
export interface ReceiptTimes {
  /** The user's id: `sub` of its tokens. */
  readonly user_id: string;
  /** When the member received it; null when not yet. */
  readonly delivered_at: Timestamp | null;
  /** When the member read it; null when not yet. */
  readonly read_at: Timestamp | null;
}

/** When a message reached each of its conversation's other members. */
export interface ReceiptsReply {
  /** The conversation's id. */
  readonly conversation_id: string;
  /** The message's id. */
  readonly message_id: string;
  /** Every other member's. */
  readonly receipts: readonly ReceiptTimes[];
}

/** What `refresh` takes. */
export interface RefreshRequest {
  /** Exchanged once for new tokens. */
  readonly refresh_token: string;
}

/** What `register` takes. */
export interface RegisterRequest {
  /** The account's user id. */
  readonly username: string;
  /** At least 8 characters. */
  readonly password: string;
  /** The name that others see; the user id when absent. */
  readonly display_name?: string | null;
}

/**
 * `epoch`: the history was replaced. `too_far`: more changed than a sync carries. `unknown`: the client is ahead of the
 * server.
 */
export type ResetReason = 'epoch' | 'too_far' | 'unknown';

/** The change is on disk. */
export interface RevAck {
  /** The conversation's revision that the change made; the present one when nothing changed. */
  readonly rev: number;
}

/** What `revoke_sessions` takes. */
export interface RevokeRequest {
  /** The login to end; absent: all but the present one. */
  readonly session_id?: string | null;
}

/** What `typing` takes. */
export interface SayTyping {
  /** The conversation's id. */
  readonly conversation_id: string;
  /** The state. */
  readonly state: TypingState;
}

/** What `search_users` takes. */
export interface SearchUsers {
  /** What an id, a display name or a word of it begins with; absent: everybody. */
  readonly query?: string | null;
  /** How many at most. */
  readonly limit?: number | null;
  /** `next_cursor` of the page before. */
  readonly cursor?: string | null;
}

/** The message is on disk; its event carries it whole. */
export interface SendAck {
  /** The message's id. */
  readonly message_id: string;
  /** The conversation's id. */
  readonly conversation_id: string;
  /**
   * The client's own name for the request, unique in the conversation for its sender, for ever: sending twice is
   * sending once.
   */
  readonly client_msg_id: string | null;
  /** The place in the conversation: 1, 2, 3 … without a gap. */
  readonly seq: number;
  /** The revision that the message made. */
  readonly rev: number;
  /** When it was made. */
  readonly created_at: Timestamp;
  /** The same request came before: nothing was added. */
  readonly duplicate: boolean;
}

/** What `send_message` takes. */
export interface SendMessage {
  /** The conversation's id. */
  readonly conversation_id: string;
  /** The type; `text` when absent. `system` is for the server, `ai` for bots. */
  readonly type?: MessageType | null;
  /** What it says; a bare string is text. */
  readonly content: MessageContent | string;
  /** The `message_id` that it answers. */
  readonly reply_to?: string | null;
  /**
   * The client's own name for the request, unique in the conversation for its sender, for ever: sending twice is
   * sending once.
   */
  readonly client_msg_id?: string | null;
}

/** What `set_presence` takes. */
export interface SetPresence {
  /** The state. */
  readonly state: OwnPresence;
}

/** What `start_stream` takes. */
export interface StartStream {
  /** The conversation's id. */
  readonly conversation_id: string;
  /** The `message_id` that it answers. */
  readonly reply_to?: string | null;
  /**
   * The client's own name for the request, unique in the conversation for its sender, for ever: sending twice is
   * sending once.
   */
  readonly client_msg_id?: string | null;
}

/** The pieces would survive a crash. */
export interface StreamAppended {
  /** The append's number in its stream: 1, 2, 3 … */
  readonly n: number;
}

/** What `stream_chunk` takes. */
export interface StreamChunk {
  /** The conversation's id. */
  readonly conversation_id: string;
  /** Text to append. */
  readonly chunk?: string | null;
  /** This chunk is the last. */
  readonly stream_end?: boolean | null;
  /** Names the stream: the first chunk starts it. */
  readonly client_msg_id: string;
  /** The append's number, which makes retries safe. */
  readonly chunk_index?: number | null;
}

/** The content of a stream's message. */
export interface StreamContent {
  /** All text pieces, joined. */
  readonly text: string;
  /** All pieces in order, where there is more than text. */
  readonly parts?: readonly StreamPart[];
  /** The model that writes it. */
  readonly model?: string;
  /** What the model says it used: any JSON object of at most 4096 bytes. */
  readonly usage?: unknown;
  /** Why the model stopped, in its own words. */
  readonly finish_reason?: string;
  /** How the stream ended; absent while it is open. */
  readonly outcome?: StreamOutcome;
}

/** Consecutive appends: at position `from` - 1 apply them; at `n` or above ignore them; below, watch. */
export interface StreamDelta {
  /** The conversation's id. */
  readonly conversation_id: string;
  /** The stream's id, which is its message's. */
  readonly stream_id: string;
  /** The number of the first append in it. */
  readonly from: number;
  /** The number of the last. */
  readonly n: number;
  /** The pieces, in order. */
  readonly ops: readonly StreamOp[];
}

/** What `cancel_stream` takes. */
export interface StreamId {
  /** The stream's id, which is its message's. */
  readonly stream_id: string;
}

/**
 * One piece of a stream. `text` and `reasoning` carry `delta`; `tool_call`: `call_id`, `name`, `arguments`;
 * `tool_result`: `call_id`, `result`, `is_error`; `status`: `text`.
 */
export interface StreamOp {
  /** What this piece is. */
  readonly op: StreamOpKind;
  /** Text to append. */
  readonly delta?: string;
  /** The tool call's id, chosen by the writer. */
  readonly call_id?: string;
  /** The tool's name. */
  readonly name?: string;
  /** What the tool was called with: any JSON. */
  readonly arguments?: unknown;
  /** What the tool answered: any JSON. */
  readonly result?: unknown;
  /** The tool failed. */
  readonly is_error?: boolean;
  /** What the writer is doing, for people. */
  readonly text?: string;
}

/**
 * What a piece is: words of the answer, reasoning before it, a tool's call and its result, or what the writer is doing.
 */
export type StreamOpKind = 'text' | 'reasoning' | 'tool_call' | 'tool_result' | 'status';

/** How a stream ended; `interrupted`: its writer fell silent and the lease ran out. */
export type StreamOutcome = 'complete' | 'error' | 'cancelled' | 'interrupted';

/** A consecutive piece of a stream's content, deltas of one kind folded. */
export interface StreamPart {
  /** What this piece is. */
  readonly type: StreamOpKind;
  /** The words. */
  readonly text?: string;
  /** The tool call's id, chosen by the writer. */
  readonly call_id?: string;
  /** The tool's name. */
  readonly name?: string;
  /** What the tool was called with: any JSON. */
  readonly arguments?: unknown;
  /** What the tool answered: any JSON. */
  readonly result?: unknown;
  /** The tool failed. */
  readonly is_error?: boolean;
}

/** A stream up to `n`: put it in place of what is held. */
export interface StreamSnapshot {
  /** The conversation's id. */
  readonly conversation_id: string;
  /** The stream's id, which is its message's. */
  readonly stream_id: string;
  /** The number of the last append in it. */
  readonly n: number;
  /** Everything written up to `n`. */
  readonly content: StreamContent;
}

/** The stream's message has its place in the log. */
export interface StreamStarted {
  /** The stream's id, which is its message's. */
  readonly stream_id: string;
  /** The place in the conversation: 1, 2, 3 … without a gap. */
  readonly seq: number;
  /** The revision that the message made. */
  readonly rev: number;
  /** The stream ends as `interrupted` when it is neither appended to nor named in a `ping` for this long. */
  readonly lease_ms: number;
  /** The same request came before: nothing was added. */
  readonly duplicate: boolean;
}

/** What a writer may say of its stream's end. */
export type StreamStatus = 'complete' | 'error' | 'cancelled';

/** Where a client stands in one conversation. */
export interface SyncPosition {
  /** The conversation's id. */
  readonly conversation_id: string;
  /** Opaque; another one means that the history was replaced, and `rev` and `seq` start over. */
  readonly epoch?: string | null;
  /** The position: everything up to this revision is held. */
  readonly rev: number;
}

/** Changes of conversations, up to 512 KiB. */
export interface SyncReply {
  /** Opaque: keep the newest; `since` of a later sync. */
  readonly sync_token: string;
  /** What changed, conversation by conversation. */
  readonly conversations: readonly ConversationSync[];
  /** Conversations came as stubs because the frame was full: sync again. */
  readonly more: boolean;
}

/** What `sync` takes. */
export interface SyncRequest {
  /** The newest `sync_token`: conversations that are not named but changed since then come as stubs. */
  readonly since?: string | null;
  /** The positions of the conversations that are held. */
  readonly conversations?: readonly SyncPosition[] | null;
}

/** What a login yields. */
export interface Tokens {
  /** Goes into `Authorization: Bearer`. */
  readonly access_token: string;
  /** Exchanged once for new tokens. */
  readonly refresh_token: string;
  /** Always `Bearer`. */
  readonly token_type: string;
  /** Seconds until the access token expires. */
  readonly expires_in: number;
  /** The user. */
  readonly user: User;
}

/** Who types where. */
export interface TypingEvent {
  /** The conversation's id. */
  readonly conversation_id: string;
  /** The user's id: `sub` of its tokens. */
  readonly user_id: string;
  /** The state. */
  readonly state: TypingState;
}

/** `start` is repeated while somebody types, and fades without `stop`. */
export type TypingState = 'start' | 'stop';

/** What `update_conversation` takes. */
export interface UpdateConversation {
  /** The conversation's id. */
  readonly conversation_id: string;
  /** A new name for the group. */
  readonly name?: string | null;
  /** The reader wants no notifications of this conversation. */
  readonly muted?: boolean | null;
  /** The reader keeps this conversation on top. */
  readonly pinned?: boolean | null;
}

/** What `update_me` takes. */
export interface UpdateMe {
  /** The name that others see. */
  readonly display_name?: string | null;
  /** Where the picture is, `http` or `https`; empty: none. */
  readonly avatar_url?: string | null;
}

/** What `update_user` takes. */
export interface UpdateUser {
  /** The user's id: `sub` of its tokens. */
  readonly user_id: string;
  /** The name that others see. */
  readonly display_name?: string | null;
  /** Absent: as it is. Not the own. */
  readonly role?: UserRole | null;
  /** Absent: as it is. Not the own. */
  readonly status?: UserStatus | null;
}

/** A person or bot of the tenant. */
export interface User {
  /** The user's id: `sub` of its tokens. */
  readonly user_id: string;
  /** The tenant. */
  readonly tenant_id: string;
  /** The name that others see. */
  readonly display_name: string;
  /** Where the picture is, `http` or `https`. */
  readonly avatar_url: string | null;
  /** Person or bot. */
  readonly kind: UserKind;
  /** What the user may do in the tenant. */
  readonly role: UserRole;
  /** The state of it. */
  readonly status: UserStatus;
  /** When it was made. */
  readonly created_at: Timestamp;
}

/** What `get_user` takes. */
export interface UserId {
  /** The user's id: `sub` of its tokens. */
  readonly user_id: string;
}

/** `bot`: a program. */
export type UserKind = 'human' | 'bot';

/** `admin`: may manage the tenant's users and keys. */
export type UserRole = 'user' | 'admin';

/** `suspended`: requests are refused and connections closed. */
export type UserStatus = 'active' | 'suspended';

/** A page of users. */
export interface UsersPage {
  /** The users. */
  readonly users: readonly User[];
  /** `cursor` of the next page; null after the last. */
  readonly next_cursor: string | null;
}

/** What `watch_presence` takes. */
export interface WatchPresence {
  /** Whom to watch; replaces the list, empty: nobody. */
  readonly user_ids: readonly string[];
}

/** What `watch_stream` takes. */
export interface WatchStream {
  /** The stream's id, which is its message's. */
  readonly stream_id: string;
  /** The position: what is held of it. 0 asks for a snapshot. */
  readonly n: number;
}


/** Operations over REST, by name. */
export interface RestOperations {
  /** Log in with a local account. */
  login: {
    readonly method: 'POST';
    readonly path: '/api/aiim/auth/login';
    readonly request: LoginRequest;
    readonly reply: Tokens;
  };
  /** Open a local account, where the server allows it. */
  register: {
    readonly method: 'POST';
    readonly path: '/api/aiim/auth/register';
    readonly request: RegisterRequest;
    readonly reply: Tokens;
  };
  /** Exchange a refresh token for new tokens. Using one twice ends the login. */
  refresh: {
    readonly method: 'POST';
    readonly path: '/api/aiim/auth/refresh';
    readonly request: RefreshRequest;
    readonly reply: Tokens;
  };
  /** End the login behind the token. */
  logout: {
    readonly method: 'POST';
    readonly path: '/api/aiim/auth/logout';
    readonly request: LogoutRequest;
    readonly reply: void;
  };
  /** The caller. */
  get_me: {
    readonly method: 'GET';
    readonly path: '/api/aiim/users/me';
    readonly request: Nothing;
    readonly reply: User;
  };
  /** Change the own display name or avatar. */
  update_me: {
    readonly method: 'PATCH';
    readonly path: '/api/aiim/users/me';
    readonly request: UpdateMe;
    readonly reply: User;
  };
  /** The caller's logins. */
  list_sessions: {
    readonly method: 'GET';
    readonly path: '/api/aiim/users/me/sessions';
    readonly request: Nothing;
    readonly reply: LoginsReply;
  };
  /** End one login, or all but the present one. */
  revoke_sessions: {
    readonly method: 'DELETE';
    readonly path: '/api/aiim/users/me/sessions';
    readonly request: RevokeRequest;
    readonly reply: void;
  };
  /**
   * People of the tenant by what their id, their display name or a word of it begins with; everybody without a query.
   */
  search_users: {
    readonly method: 'GET';
    readonly path: '/api/aiim/users';
    readonly request: SearchUsers;
    readonly reply: UsersPage;
  };
  /** One user of the tenant. */
  get_user: {
    readonly method: 'GET';
    readonly path: '/api/aiim/users/{user_id}';
    readonly request: UserId;
    readonly reply: User;
  };
  /**
   * Suspend or activate somebody, change their role or name. A suspension ends their connections within 5 s; the own
   * role and status are for another admin to change.
   */
  update_user: {
    readonly method: 'PATCH';
    readonly path: '/api/aiim/users/{user_id}';
    readonly request: UpdateUser;
    readonly reply: User;
  };
  /** Who did what in the tenant, newest first. */
  read_audit_log: {
    readonly method: 'GET';
    readonly path: '/api/aiim/audit-log';
    readonly request: ReadAuditLog;
    readonly reply: AuditPage;
  };
  /** Make an API key for a bot; it is shown this once. */
  create_api_key: {
    readonly method: 'POST';
    readonly path: '/api/aiim/api-keys';
    readonly request: CreateApiKey;
    readonly reply: NewApiKey;
  };
  /** The tenant's API keys. */
  list_api_keys: {
    readonly method: 'GET';
    readonly path: '/api/aiim/api-keys';
    readonly request: Nothing;
    readonly reply: ApiKeys;
  };
  /** Revoke an API key and close its connections. */
  revoke_api_key: {
    readonly method: 'DELETE';
    readonly path: '/api/aiim/api-keys/{key_id}';
    readonly request: ApiKeyId;
    readonly reply: void;
  };
  /** Create a group, or create or find the direct conversation of a pair. */
  create_conversation: {
    readonly method: 'POST';
    readonly path: '/api/aiim/conversations';
    readonly request: CreateConversation;
    readonly reply: Conversation;
  };
  /** The caller's conversations, newest activity first. */
  list_conversations: {
    readonly method: 'GET';
    readonly path: '/api/aiim/conversations';
    readonly request: ListConversations;
    readonly reply: ConversationsPage;
  };
  /** One conversation. */
  get_conversation: {
    readonly method: 'GET';
    readonly path: '/api/aiim/conversations/{conversation_id}';
    readonly request: ConversationId;
    readonly reply: Conversation;
  };
  /** Rename a group (owners and admins); mute and pin for oneself. */
  update_conversation: {
    readonly method: 'PATCH';
    readonly path: '/api/aiim/conversations/{conversation_id}';
    readonly request: UpdateConversation;
    readonly reply: Conversation;
  };
  /** Leave a group. */
  leave_conversation: {
    readonly method: 'DELETE';
    readonly path: '/api/aiim/conversations/{conversation_id}';
    readonly request: ConversationId;
    readonly reply: void;
  };
  /** The members, in order of user_id. */
  list_members: {
    readonly method: 'GET';
    readonly path: '/api/aiim/conversations/{conversation_id}/members';
    readonly request: ListMembers;
    readonly reply: MembersPage;
  };
  /** Add members to a group. */
  add_members: {
    readonly method: 'POST';
    readonly path: '/api/aiim/conversations/{conversation_id}/members';
    readonly request: AddMembers;
    readonly reply: MembersPage;
  };
  /** Change a member's role. */
  change_role: {
    readonly method: 'PATCH';
    readonly path: '/api/aiim/conversations/{conversation_id}/members/{user_id}';
    readonly request: ChangeRole;
    readonly reply: MembersPage;
  };
  /** Remove a member; with the own id: leave. */
  remove_member: {
    readonly method: 'DELETE';
    readonly path: '/api/aiim/conversations/{conversation_id}/members/{user_id}';
    readonly request: MemberId;
    readonly reply: void;
  };
  /** What changed after a rev. */
  read_changes: {
    readonly method: 'GET';
    readonly path: '/api/aiim/conversations/{conversation_id}/changes';
    readonly request: ReadChanges;
    readonly reply: ConversationSync;
  };
  /** Append a message to a conversation. */
  send_message: {
    readonly method: 'POST';
    readonly path: '/api/aiim/messages';
    readonly request: SendMessage;
    readonly reply: MessageSent;
  };
  /** A page of messages, ascending by seq. */
  read_messages: {
    readonly method: 'GET';
    readonly path: '/api/aiim/messages/{conversation_id}';
    readonly request: ReadMessages;
    readonly reply: MessagesPage;
  };
  /** One message. */
  get_message: {
    readonly method: 'GET';
    readonly path: '/api/aiim/messages/{conversation_id}/{message_id}';
    readonly request: MessageId;
    readonly reply: MessageReply;
  };
  /** Change the content of an own message. */
  edit_message: {
    readonly method: 'PATCH';
    readonly path: '/api/aiim/messages/{conversation_id}/{message_id}';
    readonly request: EditMessage;
    readonly reply: MessageReply;
  };
  /** Recall a message: a tombstone keeps its seq. */
  recall_message: {
    readonly method: 'DELETE';
    readonly path: '/api/aiim/messages/{conversation_id}/{message_id}';
    readonly request: MessageId;
    readonly reply: MessageReply;
  };
  /** React to a message. */
  react: {
    readonly method: 'PUT';
    readonly path: '/api/aiim/messages/{conversation_id}/{message_id}/reactions/{emoji}';
    readonly request: React;
    readonly reply: MessageReply;
  };
  /** Take a reaction back. */
  unreact: {
    readonly method: 'DELETE';
    readonly path: '/api/aiim/messages/{conversation_id}/{message_id}/reactions/{emoji}';
    readonly request: React;
    readonly reply: MessageReply;
  };
  /** Move the own delivered cursor forward. */
  mark_delivered: {
    readonly method: 'POST';
    readonly path: '/api/aiim/receipts/delivered';
    readonly request: MarkRequest;
    readonly reply: void;
  };
  /** Move the own read cursor forward. */
  mark_read: {
    readonly method: 'POST';
    readonly path: '/api/aiim/receipts/read';
    readonly request: MarkRequest;
    readonly reply: void;
  };
  /** Who received and read a message, and when. */
  get_receipts: {
    readonly method: 'GET';
    readonly path: '/api/aiim/receipts/{conversation_id}/{message_id}';
    readonly request: MessageId;
    readonly reply: ReceiptsReply;
  };
  /** Start, append to and end a stream, by client_msg_id. */
  stream_chunk: {
    readonly method: 'POST';
    readonly path: '/api/aiim/messages/stream';
    readonly request: StreamChunk;
    readonly reply: MessageReply;
  };
}

/** Operations over the WebSocket, by frame type. */
export interface FrameOperations {
  /** Catch up with everything that changed since the given positions. */
  sync: { readonly data: SyncRequest; readonly ack: SyncReply };
  /** Append a message to a conversation. */
  send_message: { readonly data: SendMessage; readonly ack: SendAck };
  /** Change the content of an own message. */
  edit_message: { readonly data: EditMessage; readonly ack: RevAck };
  /** Recall a message: a tombstone keeps its seq. */
  recall_message: { readonly data: MessageId; readonly ack: RevAck };
  /** React to a message. */
  react: { readonly data: React; readonly ack: RevAck };
  /** Move the own delivered cursor forward. */
  mark_delivered: { readonly data: MarkRequest; readonly ack: Nothing };
  /** Move the own read cursor forward. */
  mark_read: { readonly data: MarkRequest; readonly ack: Nothing };
  /** Tell the other members that one types, or stopped. Silence stops it too. */
  typing: { readonly data: SayTyping; readonly ack: Nothing };
  /** Replace the list of users whose presence this session is told. */
  'presence.watch': { readonly data: WatchPresence; readonly ack: PresenceReply };
  /** Say that nobody looks at this session, or that somebody does again. */
  'presence.set': { readonly data: SetPresence; readonly ack: Nothing };
  /** Start a message that is written piece by piece. */
  'stream.start': { readonly data: StartStream; readonly ack: StreamStarted };
  /** Append the next pieces; renews the lease. */
  'stream.append': { readonly data: AppendStream; readonly ack: StreamAppended };
  /** End the own stream. */
  'stream.end': { readonly data: EndStream; readonly ack: Nothing };
  /** Stop anybody's stream at once. */
  'stream.cancel': { readonly data: StreamId; readonly ack: Nothing };
  /** Ask for what is missing after a position; 0: a snapshot. */
  'stream.watch': { readonly data: WatchStream; readonly ack: Nothing };
  /** Start, append to and end a stream, by client_msg_id. */
  stream_chunk: { readonly data: StreamChunk; readonly ack: MessageReply };
  /** Is the connection alive? Renews the leases of the streams that it names. */
  ping: { readonly data: PingRequest; readonly ack: Pong };
}

/** Events by type. */
export interface Events {
  /** The first frame of a connection: from here on everything the user may see is pushed. */
  hello: Hello;
  /** The last frame before the server closes the connection: why, and when to return. */
  bye: Bye;
  /** A message was appended, or a stream began; to every session of every member, the sender's own included. */
  'message.created': MessageEvent;
  /** A message was edited, recalled or reacted to, or a stream ended: the message as it is now. */
  'message.updated': MessageEvent;
  /** The user is in a conversation it was not in before: it was created, or the user was added. */
  'conversation.created': ConversationEvent;
  /** The conversation's name changed; or its history was replaced (`epoch` alone): sync. */
  'conversation.updated': ConversationEvent;
  /** The user is no member any more: drop the conversation. */
  'conversation.removed': ConversationEvent;
  /** Members were added to a group. */
  'member.joined': MembersEvent;
  /** A member left or was removed; a promotion that this caused rides in the same event. */
  'member.left': MembersEvent;
  /** A member's role changed. */
  'member.updated': MembersEvent;
  /** The user's own state in a conversation changed on some device; to the user's own sessions only. */
  'me.updated': MeEvent;
  /** A member's cursors moved. Coalesced over 200 ms; above 100 members only to the reader's own sessions. */
  receipt: ReceiptEvent;
  /** A member of the conversation types, or stopped. */
  typing: TypingEvent;
  /** Somebody on the list of `presence.watch` came, went, or turned away. */
  presence: Presence;
  /** The next pieces of a stream, coalesced over some 40 ms: apply them at position `from` - 1. */
  'stream.delta': StreamDelta;
  /** The whole content of a stream up to `n`, after `stream.watch`. */
  'stream.snapshot': StreamSnapshot;
}
