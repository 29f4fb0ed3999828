/**
 * The protocol in its plainest form, for the model test: every conversation a list of rows in memory, every rule one
 * line, no I/O and nothing clever. It answers requests at the moment they reach it and hands frames to links.
 */

import type {
  Conversation,
  Cursor,
  MemberChange,
  MemberRole,
  Message,
  MessageContent,
  SyncConversation,
  SyncReply,
  SyncRequest,
} from '../src/types.js';

export interface Link {
  readonly userId: string;
  /** A durable event of one conversation: order is kept. Others may overtake. */
  event(conversationId: string | null, type: string, data: object): void;
}

export interface ReferenceConversation {
  id: string;
  type: 'direct' | 'group';
  name: string | null;
  epoch: string;
  rev: number;
  ownRev: number;
  createdAt: number;
  updatedAt: number;
  changedAt: number;
  messages: Message[];
  members: Map<string, MemberChange>;
  cursors: Map<string, Cursor>;
  mine: Map<string, { muted: boolean; pinned: boolean }>;
}

export class Refused extends Error {
  constructor(
    readonly code: string,
    readonly status: number,
    readonly retryable = false,
  ) {
    super(code);
  }
}

const tokenSlackMs = 10_000;

export class ReferenceServer {
  readonly conversations = new Map<string, ReferenceConversation>();
  readonly links = new Set<Link>();
  /** When each user left each conversation. */
  private readonly departures = new Map<string, Map<string, number>>();
  /** Who came back into a conversation: events do not say how far they had read before. */
  readonly returned = new Set<string>();
  private nextId = 1;
  changesPageMax = 200;
  changesBehindMax = 1_000;
  /** Conversations that one sync reply has room for. */
  roomMax = 50;
  /** Changed conversations that one sync reply names. */
  stubsMax = 500;

  constructor(private readonly now: () => number) {}

  // ------------------------------------------------------------------------------------------------- operations

  create(
    type: 'direct' | 'group',
    owner: string,
    others: readonly string[],
    name: string | null = null,
  ): ReferenceConversation {
    const id = `conv_${this.nextId++}`;
    const conversation: ReferenceConversation = {
      id,
      type,
      name,
      epoch: 'e1',
      rev: 1,
      ownRev: 1,
      createdAt: this.now(),
      updatedAt: this.now(),
      changedAt: this.now(),
      messages: [],
      members: new Map(),
      cursors: new Map(),
      mine: new Map(),
    };
    for (const userId of [owner, ...others])
      this.place(conversation, userId, type === 'group' && userId === owner ? 'owner' : 'member');
    this.conversations.set(id, conversation);
    for (const userId of conversation.members.keys())
      this.toUser(userId, id, 'conversation.created', this.row(conversation));
    return conversation;
  }

  send(
    userId: string,
    conversationId: string,
    content: MessageContent,
    clientMsgId: string | null,
    replyTo: string | null = null,
  ) {
    const conversation = this.member(userId, conversationId);
    const held =
      clientMsgId === null
        ? undefined
        : conversation.messages.find((m) => m.sender_id === userId && m.client_msg_id === clientMsgId);
    if (held !== undefined) return { message: held, duplicate: true };
    const rev = this.advance(conversation);
    const message: Message = {
      message_id: `msg_${this.nextId++}`,
      conversation_id: conversationId,
      sender_id: userId,
      type: 'text',
      content,
      reply_to: replyTo,
      client_msg_id: clientMsgId,
      created_at: new Date(this.now()).toISOString(),
      seq: conversation.messages.length + 1,
      rev,
      edited_at: null,
      status: 'sent',
      stream_id: null,
      chunk_index: null,
      is_end: true,
      reactions: [],
    };
    conversation.messages.push(message);
    conversation.updatedAt = this.now();
    this.toMembers(conversation, 'message.created', { conversation_id: conversationId, rev, after: rev - 1, message });
    return { message, duplicate: false };
  }

  /** Edits, recalls, reactions: a new version of one message. */
  revise(
    userId: string,
    conversationId: string,
    messageId: string,
    change: (message: Message) => Partial<Message>,
  ): number {
    const conversation = this.member(userId, conversationId);
    const index = conversation.messages.findIndex((m) => m.message_id === messageId);
    const held = conversation.messages[index];
    if (held === undefined) throw new Refused('not_found', 404);
    if (held.status === 'recalled') throw new Refused('conflict', 409);
    const rev = this.advance(conversation);
    const message = { ...held, ...change(held), rev };
    conversation.messages[index] = message;
    this.toMembers(conversation, 'message.updated', { conversation_id: conversationId, rev, after: rev - 1, message });
    return rev;
  }

  react(userId: string, conversationId: string, messageId: string, emoji: string, remove: boolean): number {
    return this.revise(userId, conversationId, messageId, (message) => {
      const others = message.reactions.filter((r) => r.emoji !== emoji);
      const held = message.reactions.find((r) => r.emoji === emoji)?.user_ids.filter((id) => id !== userId) ?? [];
      const users = remove ? held : [...held, userId];
      return { reactions: users.length === 0 ? others : [...others, { emoji, count: users.length, user_ids: users }] };
    });
  }

  rename(userId: string, conversationId: string, name: string): void {
    const conversation = this.member(userId, conversationId);
    const rev = this.advance(conversation);
    conversation.name = name;
    conversation.ownRev = rev;
    conversation.updatedAt = this.now();
    this.toMembers(conversation, 'conversation.updated', { rev, after: rev - 1, ...this.row(conversation) });
  }

  add(conversationId: string, userId: string): void {
    const conversation = this.get(conversationId);
    if (this.isMember(conversation, userId)) return;
    const rev = this.advance(conversation);
    const before = this.present(conversation);
    if (conversation.members.has(userId)) this.returned.add(`${conversationId} ${userId}`);
    this.place(conversation, userId, 'member');
    this.departures.get(userId)?.delete(conversationId);
    const data = { conversation_id: conversationId, rev, after: rev - 1, members: [conversation.members.get(userId)] };
    for (const member of before) this.toUser(member.user_id, conversationId, 'member.joined', data);
    this.toUser(userId, conversationId, 'conversation.created', { rev, after: rev - 1, ...this.row(conversation) });
  }

  remove(conversationId: string, userId: string): void {
    const conversation = this.get(conversationId);
    const held = conversation.members.get(userId);
    if (held === undefined || held.left_at !== null) return;
    const rev = this.advance(conversation);
    const gone = { ...held, left_at: new Date(this.now()).toISOString(), rev };
    conversation.members.set(userId, gone);
    let departures = this.departures.get(userId);
    if (departures === undefined) this.departures.set(userId, (departures = new Map()));
    departures.set(conversationId, this.now());
    this.toMembers(conversation, 'member.left', {
      conversation_id: conversationId,
      rev,
      after: rev - 1,
      members: [gone],
    });
    this.toUser(userId, conversationId, 'conversation.removed', {
      conversation_id: conversationId,
      rev,
      after: rev - 1,
    });
  }

  setRole(conversationId: string, userId: string, role: MemberRole): void {
    const conversation = this.get(conversationId);
    const held = conversation.members.get(userId);
    if (held === undefined || held.left_at !== null || held.role === role) return;
    const rev = this.advance(conversation);
    conversation.members.set(userId, { ...held, role, rev });
    this.toMembers(conversation, 'member.updated', {
      conversation_id: conversationId,
      rev,
      after: rev - 1,
      members: [conversation.members.get(userId)],
    });
  }

  mark(userId: string, conversationId: string, to: { delivered?: number; read?: number }): void {
    const conversation = this.member(userId, conversationId);
    const held = conversation.cursors.get(userId) ?? { user_id: userId, delivered_seq: 0, read_seq: 0 };
    const read = Math.max(held.read_seq, to.read ?? 0);
    const delivered = Math.max(held.delivered_seq, to.delivered ?? 0, read);
    if (Math.max(read, delivered) > conversation.messages.length) throw new Refused('invalid_request', 400);
    const cursor = { user_id: userId, delivered_seq: delivered, read_seq: read };
    conversation.cursors.set(userId, cursor);
    const timestamp = new Date(this.now()).toISOString();
    for (const member of this.present(conversation))
      this.toUser(member.user_id, null, 'receipt', { conversation_id: conversationId, ...cursor, timestamp });
    this.toUser(userId, null, 'me.updated', { conversation_id: conversationId, ...this.own(conversation, userId) });
  }

  setMine(userId: string, conversationId: string, changes: { muted?: boolean; pinned?: boolean }): void {
    const conversation = this.member(userId, conversationId);
    conversation.mine.set(userId, { ...this.flags(conversation, userId), ...changes });
    this.toUser(userId, null, 'me.updated', { conversation_id: conversationId, ...this.own(conversation, userId) });
  }

  /** History was restored from a backup: the newest changes are gone, and the epoch says so. Sessions end. */
  restore(conversationId: string): void {
    const conversation = this.get(conversationId);
    conversation.messages = conversation.messages.slice(0, Math.max(0, conversation.messages.length - 3));
    conversation.rev = Math.max(
      conversation.ownRev,
      ...conversation.messages.map((m) => m.rev),
      ...[...conversation.members.values()].map((m) => m.rev),
    );
    conversation.epoch = `e${this.nextId++}`;
    conversation.changedAt = this.now();
    const newest = conversation.messages.length;
    for (const [id, c] of conversation.cursors) {
      conversation.cursors.set(id, {
        user_id: id,
        delivered_seq: Math.min(newest, c.delivered_seq),
        read_seq: Math.min(newest, c.read_seq),
      });
    }
  }

  // ------------------------------------------------------------------------------------------------------- reads

  view(userId: string, conversation: ReferenceConversation): Conversation {
    const own = this.own(conversation, userId);
    return {
      ...this.row(conversation).conversation,
      role: own.role,
      unread_count: own.unread_count,
      mention_count: own.mention_count,
      muted: own.muted,
      pinned: own.pinned,
    };
  }

  list(userId: string, limit: number, cursor: string | null) {
    const mine = [...this.conversations.values()].filter((c) => this.isMember(c, userId));
    mine.sort((a, b) => b.updatedAt - a.updatedAt || (a.id < b.id ? 1 : -1));
    const from = cursor === null ? 0 : mine.findIndex((c) => `${c.updatedAt}|${c.id}` === cursor) + 1;
    const page = mine.slice(from, from + limit);
    const last = page.at(-1);
    const more = from + limit < mine.length && last !== undefined;
    return {
      conversations: page.map((c) => this.view(userId, c)),
      next_cursor: more ? `${last.updatedAt}|${last.id}` : null,
      sync_token: this.token(),
    };
  }

  page(
    userId: string,
    conversationId: string,
    query: { before?: number; after?: number; around?: number; limit: number },
  ) {
    const { messages } = this.member(userId, conversationId);
    const { before, after, around, limit } = query;
    let from = Math.max(0, messages.length - limit);
    let to = messages.length;
    if (before !== undefined) [from, to] = [Math.max(0, before - 1 - limit), before - 1];
    else if (after !== undefined) [from, to] = [after, after + limit];
    else if (around !== undefined)
      [from, to] = [Math.max(0, around - 1 - Math.floor(limit / 2)), around - 1 + Math.ceil(limit / 2)];
    const has_more = after !== undefined ? to < messages.length : from > 0;
    return { conversation_id: conversationId, messages: messages.slice(from, to), has_more };
  }

  sync(userId: string, request: SyncRequest): SyncReply {
    const conversations: SyncConversation[] = [];
    const named = new Set(request.conversations.map((c) => c.conversation_id));
    let room = this.roomMax;
    let more = false;
    for (const position of request.conversations) {
      const conversation = this.conversations.get(position.conversation_id);
      if (conversation === undefined || !this.isMember(conversation, userId)) {
        conversations.push({ conversation_id: position.conversation_id, removed: true });
      } else if (room-- > 0) {
        conversations.push(this.changes(userId, conversation, position.epoch, position.rev));
      } else {
        conversations.push(this.stub(userId, conversation));
        more = true;
      }
    }
    if (request.since === undefined) return { sync_token: this.token(), conversations, more };
    let token = this.token();
    let changed = this.changedSince(userId, request.since);
    if (changed.length > this.stubsMax) {
      // The token goes on behind the last one named here.
      changed = changed.slice(0, this.stubsMax);
      const last = changed.at(-1);
      token = `${last?.at}|${last?.id}`;
      more = true;
    }
    for (const { id, conversation } of changed) {
      if (named.has(id)) continue;
      conversations.push(
        conversation === null ? { conversation_id: id, removed: true } : this.stub(userId, conversation),
      );
    }
    return { sync_token: token, conversations, more };
  }

  private changedSince(userId: string, token: string) {
    const [time, after] = token.split('|');
    const since = Number(time);
    if (Number.isNaN(since)) throw new Refused('invalid_request', 400);
    const changed: { id: string; at: number; conversation: ReferenceConversation | null }[] = [];
    for (const conversation of this.conversations.values()) {
      const joined = Date.parse(conversation.members.get(userId)?.joined_at ?? '');
      if (this.isMember(conversation, userId))
        changed.push({ id: conversation.id, at: Math.max(conversation.changedAt, joined), conversation });
    }
    for (const [id, at] of this.departures.get(userId) ?? []) changed.push({ id, at, conversation: null });
    const beyond = changed.filter((c) => c.at > since || (c.at === since && c.id > (after ?? '')));
    return beyond.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
  }

  private changes(userId: string, conversation: ReferenceConversation, epoch: string, since: number): SyncConversation {
    const { id } = conversation;
    const all = [...conversation.messages, ...conversation.members.values()]
      .filter((row) => row.rev > since)
      .sort((a, b) => a.rev - b.rev);
    const reason =
      epoch !== conversation.epoch
        ? 'epoch'
        : since > conversation.rev
          ? 'unknown'
          : all.length > this.changesBehindMax
            ? 'too_far'
            : null;
    if (reason !== null)
      return {
        conversation_id: id,
        epoch: conversation.epoch,
        rev: conversation.rev,
        reset: true,
        reason,
        conversation: this.view(userId, conversation),
      };
    let rows = all.slice(0, this.changesPageMax);
    const next = all[this.changesPageMax];
    if (next !== undefined) rows = rows.filter((row) => row.rev < next.rev); // a rev is never split
    const complete = next === undefined;
    const rev = complete ? conversation.rev : (rows.at(-1)?.rev ?? since);
    const own = this.own(conversation, userId);
    const page = {
      conversation_id: id,
      epoch: conversation.epoch,
      rev,
      complete,
      messages: rows.filter((row): row is Message => 'message_id' in row),
      members: rows.filter((row): row is MemberChange => 'left_at' in row),
      cursors: this.present(conversation).map((m) => conversation.cursors.get(m.user_id) as Cursor),
      me: own,
    };
    return conversation.ownRev > since && conversation.ownRev <= rev
      ? { ...page, conversation: this.view(userId, conversation) }
      : page;
  }

  private stub(userId: string, conversation: ReferenceConversation): SyncConversation {
    const { id, epoch, rev, messages } = conversation;
    return {
      conversation_id: id,
      epoch,
      rev,
      last_seq: messages.length,
      unread_count: this.own(conversation, userId).unread_count,
    };
  }

  // ----------------------------------------------------------------------------------------------------- private

  token(): string {
    return String(this.now() - tokenSlackMs);
  }

  isMember(conversation: ReferenceConversation, userId: string): boolean {
    return conversation.members.get(userId)?.left_at === null;
  }

  present(conversation: ReferenceConversation): MemberChange[] {
    return [...conversation.members.values()].filter((m) => m.left_at === null);
  }

  own(conversation: ReferenceConversation, userId: string) {
    const cursor = conversation.cursors.get(userId) ?? { delivered_seq: 0, read_seq: 0 };
    const unread = conversation.messages.filter(
      (m) => m.seq > cursor.read_seq && m.sender_id !== userId && m.status !== 'recalled',
    );
    return {
      role: conversation.members.get(userId)?.role ?? ('member' as const),
      ...this.flags(conversation, userId),
      delivered_seq: cursor.delivered_seq,
      read_seq: cursor.read_seq,
      unread_count: unread.length,
      mention_count: unread.filter((m) => m.content.mentions?.includes(userId)).length,
    };
  }

  private flags(conversation: ReferenceConversation, userId: string) {
    return conversation.mine.get(userId) ?? { muted: false, pinned: false };
  }

  private row(conversation: ReferenceConversation) {
    const present = this.present(conversation);
    return {
      conversation_id: conversation.id,
      conversation: {
        conversation_id: conversation.id,
        type: conversation.type,
        name: conversation.name,
        tenant_id: 't',
        created_at: new Date(conversation.createdAt).toISOString(),
        updated_at: new Date(conversation.updatedAt).toISOString(),
        min_seq: 1,
        last_seq: conversation.messages.length,
        rev: conversation.rev,
        epoch: conversation.epoch,
        member_count: present.length,
        members: present.map(({ user_id, role, joined_at }) => {
          const { delivered_seq, read_seq } = conversation.cursors.get(user_id) as Cursor;
          return { user_id, role, joined_at, delivered_seq, read_seq };
        }),
        last_message: conversation.messages.at(-1) ?? null,
      },
    };
  }

  private place(conversation: ReferenceConversation, userId: string, role: MemberRole): void {
    const joined_at = new Date(this.now()).toISOString();
    conversation.members.set(userId, { user_id: userId, role, joined_at, left_at: null, rev: conversation.rev });
    if (!conversation.cursors.has(userId))
      conversation.cursors.set(userId, { user_id: userId, delivered_seq: 0, read_seq: 0 });
  }

  private get(conversationId: string): ReferenceConversation {
    const conversation = this.conversations.get(conversationId);
    if (conversation === undefined) throw new Refused('not_found', 404);
    return conversation;
  }

  member(userId: string, conversationId: string): ReferenceConversation {
    const conversation = this.get(conversationId);
    if (!this.isMember(conversation, userId)) throw new Refused('not_found', 404);
    return conversation;
  }

  private advance(conversation: ReferenceConversation): number {
    conversation.changedAt = this.now();
    return ++conversation.rev;
  }

  private toMembers(conversation: ReferenceConversation, type: string, data: object): void {
    for (const member of this.present(conversation)) this.toUser(member.user_id, conversation.id, type, data);
  }

  private toUser(userId: string, conversationId: string | null, type: string, data: object): void {
    for (const link of this.links) if (link.userId === userId) link.event(conversationId, type, data);
  }
}
