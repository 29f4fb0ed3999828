/** The REST calls of a user, typed; those of operators (API keys, audit log, other users) are not here. Thin: one line per route; waiting, errors and tokens are `Http`'s. */

import type { Http, RequestOptions } from './http.js';
import type {
  Call,
  CallPage,
  CallType,
  AcceptCallReply,
  Conversation,
  ConversationPage,
  CreateConversationRequest,
  IceConfiguration,
  InitiateCallReply,
  MediaDownload,
  MediaMetadata,
  MemberPage,
  MemberRole,
  Message,
  MessageContent,
  MessagePage,
  MessageReceipts,
  SendMessageReply,
  SendMessageRequest,
  SignIn,
  SyncConversation,
  UploadCompleteRequest,
  UploadToken,
  UploadTokenRequest,
  User,
  UserPage,
} from './types.js';

const path = (...parts: readonly string[]): string => parts.map((part) => `/${encodeURIComponent(part)}`).join('');

export interface PageQuery {
  readonly limit?: number;
  readonly cursor?: string | null;
}

export interface MessageQuery {
  readonly limit?: number;
  /** At most one of the three; none of them: the newest page. */
  readonly before_seq?: number;
  readonly after_seq?: number;
  readonly around_seq?: number;
}

export class RestApi {
  /** @internal */
  constructor(private readonly http: Http) {}

  // Conversations

  createConversation(request: CreateConversationRequest, options: RequestOptions = {}): Promise<Conversation> {
    return this.http.call('POST', '/conversations', { ...options, body: request });
  }

  listConversations(
    query: PageQuery & { updated_since?: string } = {},
    options: RequestOptions = {},
  ): Promise<ConversationPage> {
    return this.http.call('GET', '/conversations', { ...options, query });
  }

  getConversation(conversationId: string, options: RequestOptions = {}): Promise<Conversation> {
    return this.http.call('GET', path('conversations', conversationId), options);
  }

  updateConversation(
    conversationId: string,
    changes: { readonly name?: string; readonly muted?: boolean; readonly pinned?: boolean },
    options: RequestOptions = {},
  ): Promise<Conversation> {
    return this.http.call('PATCH', path('conversations', conversationId), { ...options, body: changes });
  }

  leaveConversation(conversationId: string, options: RequestOptions = {}): Promise<void> {
    return this.http.call('DELETE', path('conversations', conversationId), options);
  }

  listMembers(conversationId: string, query: PageQuery = {}, options: RequestOptions = {}): Promise<MemberPage> {
    return this.http.call('GET', path('conversations', conversationId, 'members'), { ...options, query });
  }

  addMembers(
    conversationId: string,
    userIds: readonly string[],
    role?: MemberRole,
    options: RequestOptions = {},
  ): Promise<MemberPage> {
    const body = role === undefined ? { user_ids: userIds } : { user_ids: userIds, role };
    return this.http.call('POST', path('conversations', conversationId, 'members'), { ...options, body });
  }

  setMemberRole(
    conversationId: string,
    userId: string,
    role: MemberRole,
    options: RequestOptions = {},
  ): Promise<unknown> {
    return this.http.call('PATCH', path('conversations', conversationId, 'members', userId), {
      ...options,
      body: { role },
    });
  }

  removeMember(conversationId: string, userId: string, options: RequestOptions = {}): Promise<void> {
    return this.http.call('DELETE', path('conversations', conversationId, 'members', userId), options);
  }

  getChanges(
    conversationId: string,
    query: { readonly since_rev?: number; readonly epoch?: string; readonly limit?: number } = {},
    options: RequestOptions = {},
  ): Promise<SyncConversation> {
    return this.http.call('GET', path('conversations', conversationId, 'changes'), { ...options, query });
  }

  // Messages

  sendMessage(request: SendMessageRequest, options: RequestOptions = {}): Promise<SendMessageReply> {
    return this.http.call('POST', '/messages', {
      ...options,
      body: request,
      repeatable: request.client_msg_id !== undefined,
    });
  }

  listMessages(conversationId: string, query: MessageQuery = {}, options: RequestOptions = {}): Promise<MessagePage> {
    return this.http.call('GET', path('messages', conversationId), { ...options, query });
  }

  getMessage(
    conversationId: string,
    messageId: string,
    options: RequestOptions = {},
  ): Promise<{ readonly message: Message }> {
    return this.http.call('GET', path('messages', conversationId, messageId), options);
  }

  editMessage(
    conversationId: string,
    messageId: string,
    content: MessageContent | string,
    options: RequestOptions = {},
  ): Promise<{ readonly message: Message }> {
    return this.http.call('PATCH', path('messages', conversationId, messageId), { ...options, body: { content } });
  }

  recallMessage(
    conversationId: string,
    messageId: string,
    options: RequestOptions = {},
  ): Promise<{ readonly message: Message }> {
    return this.http.call('DELETE', path('messages', conversationId, messageId), options);
  }

  addReaction(
    conversationId: string,
    messageId: string,
    emoji: string,
    options: RequestOptions = {},
  ): Promise<{ readonly message: Message }> {
    return this.http.call('PUT', path('messages', conversationId, messageId, 'reactions', emoji), options);
  }

  removeReaction(
    conversationId: string,
    messageId: string,
    emoji: string,
    options: RequestOptions = {},
  ): Promise<{ readonly message: Message }> {
    return this.http.call('DELETE', path('messages', conversationId, messageId, 'reactions', emoji), options);
  }

  /** Writes a stream over HTTP, by `client_msg_id`; `chunk_index` 1, 2, 3 … makes repeats harmless. */
  streamMessage(
    request: {
      readonly conversation_id: string;
      readonly chunk: string;
      readonly stream_end: boolean;
      readonly client_msg_id: string;
      readonly chunk_index?: number;
    },
    options: RequestOptions = {},
  ): Promise<{ readonly message: Message }> {
    return this.http.call('POST', '/messages/stream', { ...options, body: request });
  }

  // Receipts

  markDelivered(conversationId: string, seq: number, options: RequestOptions = {}): Promise<void> {
    return this.http.call('POST', '/receipts/delivered', {
      ...options,
      body: { conversation_id: conversationId, seq },
    });
  }

  markRead(conversationId: string, seq: number, options: RequestOptions = {}): Promise<void> {
    return this.http.call('POST', '/receipts/read', { ...options, body: { conversation_id: conversationId, seq } });
  }

  getReceipts(conversationId: string, messageId: string, options: RequestOptions = {}): Promise<MessageReceipts> {
    return this.http.call('GET', path('receipts', conversationId, messageId), options);
  }

  // People

  getMe(options: RequestOptions = {}): Promise<User> {
    return this.http.call('GET', '/users/me', options);
  }

  updateMe(
    changes: { readonly display_name?: string; readonly avatar_url?: string | null },
    options: RequestOptions = {},
  ): Promise<User> {
    // On the wire an empty address stands for none.
    const body = changes.avatar_url === null ? { ...changes, avatar_url: '' } : changes;
    return this.http.call('PATCH', '/users/me', { ...options, body });
  }

  listSessions(options: RequestOptions = {}): Promise<{ readonly sessions: readonly SignIn[] }> {
    return this.http.call('GET', '/users/me/sessions', options);
  }

  /** Signs out everywhere, or one sign-in. */
  deleteSessions(sessionId?: string, options: RequestOptions = {}): Promise<void> {
    const query = sessionId === undefined ? {} : { query: { session_id: sessionId } };
    return this.http.call('DELETE', '/users/me/sessions', { ...options, ...query });
  }

  listUsers(query: PageQuery & { query?: string } = {}, options: RequestOptions = {}): Promise<UserPage> {
    return this.http.call('GET', '/users', { ...options, query });
  }

  getUser(userId: string, options: RequestOptions = {}): Promise<User> {
    return this.http.call('GET', path('users', userId), options);
  }

  // Media

  createUpload(request: UploadTokenRequest, options: RequestOptions = {}): Promise<UploadToken> {
    return this.http.call('POST', '/media/upload_token', { ...options, body: request });
  }

  completeUpload(request: UploadCompleteRequest, options: RequestOptions = {}): Promise<MediaMetadata> {
    return this.http.call('POST', '/media/upload_complete', { ...options, body: request });
  }

  getDownload(mediaId: string, options: RequestOptions = {}): Promise<MediaDownload> {
    return this.http.call('GET', path('media', mediaId, 'download'), options);
  }

  getMedia(mediaId: string, options: RequestOptions = {}): Promise<MediaMetadata> {
    return this.http.call('GET', path('media', mediaId, 'metadata'), options);
  }

  deleteMedia(mediaId: string, options: RequestOptions = {}): Promise<void> {
    return this.http.call('DELETE', path('media', mediaId), options);
  }

  // Calls

  initiateCall(
    request: { readonly conversation_id: string; readonly call_type: CallType; readonly client_call_id?: string },
    options: RequestOptions = {},
  ): Promise<InitiateCallReply> {
    return this.http.call('POST', '/calls/initiate', { ...options, body: request });
  }

  acceptCall(callId: string, options: RequestOptions = {}): Promise<AcceptCallReply> {
    return this.http.call('POST', path('calls', callId, 'accept'), { ...options, body: {} });
  }

  rejectCall(callId: string, options: RequestOptions = {}): Promise<unknown> {
    return this.http.call('POST', path('calls', callId, 'reject'), { ...options, body: {} });
  }

  hangupCall(callId: string, options: RequestOptions = {}): Promise<unknown> {
    return this.http.call('POST', path('calls', callId, 'hangup'), { ...options, body: {} });
  }

  getCall(callId: string, options: RequestOptions = {}): Promise<Call> {
    return this.http.call('GET', path('calls', callId), options);
  }

  listCalls(query: PageQuery & { conversation_id: string }, options: RequestOptions = {}): Promise<CallPage> {
    return this.http.call('GET', '/calls', { ...options, query });
  }

  getIceConfiguration(options: RequestOptions = {}): Promise<IceConfiguration> {
    return this.http.call('GET', '/calls/ice-configuration', options);
  }
}
