/** One conversation for its users: the snapshot, paging, sending, and the operations on it. Rules are the model's. */

import type {
  ConversationSnapshot,
  ConversationStore,
  ConversationSummary,
  MessageItem,
  SendOptions,
  StartStreamOptions,
  StreamWriter,
} from './api.js';
import { ConversationModel } from './conversation_model.js';
import { deliveryOf } from './derive.js';
import { AiimError } from './errors.js';
import { Subject } from './observable.js';
import type { MessageQuery } from './rest.js';
import type { Shared } from './shared.js';
import type { ConversationMember, MemberRole, Message, MessageContent, MessagePage, MessageReceipts } from './types.js';
import { Typing } from './typing.js';

type Direction = 'older' | 'newer';

const empty: readonly never[] = [];
const pageAttemptsMax = 5;
const idsPerCallMax = 100;

export class ConversationHandle implements ConversationStore {
  readonly model: ConversationModel;
  readonly typing: Typing;
  /** When somebody last had it open, to decide whose messages go first. */
  usedAt = 0;
  private readonly subject: Subject<ConversationSnapshot>;
  private opened = 0;
  private readonly loading = {
    older: null as Promise<void> | null,
    newer: null as Promise<void> | null,
    newest: null as Promise<void> | null,
  };
  private loadError: AiimError | null = null;
  /** The lowest seq that a page showed to have nothing before it; 1 while nobody knows. */
  private historyBegins = 1;
  private items: readonly MessageItem[] | null = null;
  private summary_: ConversationSummary | null = null;

  constructor(
    readonly id: string,
    private readonly shared: Shared,
    /** Tells the list. */
    private readonly onChanged: () => void,
    private readonly onClosed: () => void,
  ) {
    this.model = new ConversationModel(id, () => shared.userId(), shared.limits.messagesMax);
    this.typing = new Typing(
      (state) => shared.connection.tell('typing', { conversation_id: id, state }),
      () => this.changed(),
      shared.limits.typingExpiryMs,
    );
    this.subject = new Subject(() => this.build());
  }

  readonly subscribe = (listener: () => void): (() => void) => this.subject.subscribe(listener);
  readonly getSnapshot = (): ConversationSnapshot => this.subject.getSnapshot();

  get watched(): boolean {
    return this.subject.watched;
  }

  get isOpen(): boolean {
    return this.opened > 0;
  }

  // -------------------------------------------------------------------------------------------------------- state

  /** The model or the unsent messages changed. */
  changed(): void {
    this.items = null;
    this.summary_ = null;
    this.subject.changed();
    this.onChanged();
    this.loadIfNeeded();
  }

  summary(): ConversationSummary | null {
    if (this.model.status !== 'ready') return null;
    if (this.summary_ !== null) return this.summary_;
    const conversation = this.model.fields();
    if (conversation === null) return null;
    const rows = this.shared.outbox.rows(this.id);
    const { last_message: last } = conversation;
    const lastRow = rows.at(-1);
    const lastItem = lastRow ?? (last === null ? null : this.previewOf(last));
    const others = this.model.othersCursor();
    this.summary_ = {
      conversationId: this.id,
      conversation,
      lastItem,
      lastDelivery:
        lastItem === null || lastItem.message.type === 'system'
          ? null
          : deliveryOf({ othersReadSeq: others.read, othersDeliveredSeq: others.delivered }, lastItem),
      unreadCount: conversation.unread_count,
      mentionCount: conversation.mention_count,
      typing: this.typing.who(),
      peerId: conversation.type === 'direct' ? this.peerId(conversation.members) : null,
      unsent: rows.filter((row) => row.pending !== null).length,
    };
    return this.summary_;
  }

  private previewOf(message: Message): MessageItem {
    const mine = message.sender_id === this.shared.userId();
    const key = mine && message.client_msg_id !== null ? message.client_msg_id : message.message_id;
    return { key, message, mine, pending: null, error: null };
  }

  private peerId(members: readonly ConversationMember[]): string | null {
    const me = this.shared.userId();
    return members.find((member) => member.user_id !== me)?.user_id ?? null;
  }

  private build(): ConversationSnapshot {
    const { model } = this;
    const others = model.othersCursor();
    const conversation = model.fields();
    const hasNewer = this.hasNewer();
    const firstSeq = model.log.firstSeq();
    return {
      conversationId: this.id,
      status: this.status(),
      conversation,
      members: conversation?.members ?? empty,
      items: (this.items ??= this.buildItems(hasNewer)),
      hasOlder: firstSeq !== null && firstSeq > this.historyBegins,
      hasNewer,
      loadingOlder: this.loading.older !== null,
      loadingNewer: this.loading.newer !== null || (this.loading.newest !== null && model.log.size > 0),
      loadError: this.loadError,
      readSeq: model.readSeq,
      deliveredSeq: model.deliveredSeq,
      othersDeliveredSeq: others.delivered,
      othersReadSeq: others.read,
      cursors: new Map(model.cursors),
      typing: this.typing.who(),
      catchingUp: model.behind || this.shared.sync.isWanted(this.id),
    };
  }

  private status(): ConversationSnapshot['status'] {
    const { status, log } = this.model;
    if (status === 'removed') return 'removed';
    if (status === 'ready' && (log.loaded || log.size > 0)) return 'ready';
    return this.isOpen || this.loading.newest !== null ? 'loading' : 'unknown';
  }

  private hasNewer(): boolean {
    const last = this.model.log.lastSeq();
    return last !== null && last < this.model.lastSeq;
  }

  private buildItems(hasNewer: boolean): readonly MessageItem[] {
    const items = this.model.log.view().slice();
    if (hasNewer) return items;
    for (const row of this.shared.outbox.rows(this.id)) {
      if (row.pending !== null || !this.model.log.holds(row.message.seq)) items.push(row);
    }
    return items;
  }

  // ------------------------------------------------------------------------------------------------------ loading

  open(): () => void {
    this.opened++;
    this.usedAt = Date.now();
    if (this.model.position === null) this.shared.sync.need(this.id);
    else this.shared.sync.verify(this.id);
    this.loadError = null;
    this.loadIfNeeded();
    this.subject.changed();
    let open = true;
    return () => {
      if (!open) return;
      open = false;
      this.opened--;
      this.usedAt = Date.now();
      this.onClosed();
    };
  }

  /** With each new session: what could not be loaded before is tried again. */
  sessionBegan(): void {
    this.loadError = null;
    this.typing.clear();
    this.loadIfNeeded();
  }

  async loadLatest(): Promise<void> {
    this.model.log.show(null);
    this.items = null;
    if (!this.model.log.loaded || this.hasNewer()) await this.loadNewest();
    this.model.log.show(null);
    this.changed();
  }

  loadOlder(): Promise<void> {
    const before = this.model.log.firstSeq();
    if (before === null || before <= 1) return Promise.resolve();
    return this.loadPage('older', { before_seq: before });
  }

  loadNewer(): Promise<void> {
    const after = this.model.log.lastSeq();
    if (after === null || after >= this.model.lastSeq) return Promise.resolve();
    return this.loadPage('newer', { after_seq: after });
  }

  async loadAround(target: { readonly seq: number } | { readonly messageId: string }): Promise<void> {
    const { log } = this.model;
    const seq = 'seq' in target ? target.seq : (await this.message(target.messageId)).seq;
    if (!log.holds(seq)) {
      await this.readPage({ around_seq: seq }, { trim: 'front' });
    }
    if (log.holds(seq)) log.show(seq);
    this.changed();
  }

  findMessage(messageId: string): Message | null {
    const { lastMessage } = this.model;
    return this.model.log.byId(messageId) ?? (lastMessage?.message_id === messageId ? lastMessage : null);
  }

  async message(messageId: string): Promise<Message> {
    const held = this.findMessage(messageId);
    if (held !== null) return held;
    return (await this.shared.api.getMessage(this.id, messageId)).message;
  }

  private loadIfNeeded(): void {
    if (!this.isOpen || this.model.status !== 'ready' || this.model.log.loaded) return;
    if (this.loading.newest !== null || this.loadError !== null) return;
    this.loadNewest().catch(() => undefined); // it is in the snapshot
  }

  private loadNewest(): Promise<void> {
    this.loading.newest ??= this.track(() => this.readPage({}, { newest: true })).finally(() => {
      this.loading.newest = null;
      this.changed();
    });
    return this.loading.newest;
  }

  private loadPage(direction: Direction, query: MessageQuery): Promise<void> {
    const running = this.loading[direction];
    if (running !== null) return running;
    const options = { trim: direction === 'older' ? ('back' as const) : ('front' as const) };
    const work = this.track(() => this.readPage(query, options)).finally(() => {
      this.loading[direction] = null;
      this.changed();
    });
    this.loading[direction] = work;
    this.subject.changed();
    return work;
  }

  private async track(work: () => Promise<void>): Promise<void> {
    this.loadError = null;
    try {
      await work();
    } catch (cause) {
      this.loadError =
        cause instanceof AiimError ? cause : new AiimError('bad_response', 'A page could not be read.', { cause });
      throw this.loadError;
    }
  }

  /** Reads one page and puts it into the log, unless the log was dropped meanwhile. */
  private async readPage(
    query: MessageQuery,
    options: { readonly newest?: boolean; readonly trim?: 'front' | 'back' },
  ): Promise<void> {
    const { log } = this.model;
    for (let attempt = 1; attempt <= pageAttemptsMax; attempt++) {
      const { generation } = log;
      log.pageBegan();
      try {
        const page = await this.shared.api.listMessages(this.id, { ...query, limit: this.shared.limits.pageSize });
        const dropped = log.generation !== generation;
        if (dropped && (query.before_seq !== undefined || query.after_seq !== undefined)) return;
        if (dropped || !log.pageSound) continue;
        this.noticeBeginning(query, page);
        this.insert(page, options);
        return;
      } finally {
        log.pageEnded();
      }
    }
    throw new AiimError('unavailable', 'The conversation changes too quickly to be read.', { retryable: true });
  }

  /** The server may have deleted what was before (retention), so the history need not begin with seq 1. */
  private noticeBeginning(query: MessageQuery, page: MessagePage): void {
    if (query.after_seq !== undefined || query.around_seq !== undefined) return;
    const first = page.messages[0]?.seq ?? query.before_seq ?? 1;
    this.historyBegins = page.has_more ? 1 : first;
  }

  private insert(page: MessagePage, options: { readonly newest?: boolean; readonly trim?: 'front' | 'back' }): void {
    this.model.log.insertPage(page.messages, options);
    for (const message of page.messages) this.noticed(message);
    this.changed();
  }

  /** A message came from the server, by whatever way. */
  noticed(message: Message): void {
    if (message.sender_id === this.shared.userId()) this.shared.outbox.arrived(message);
    this.shared.streams.noticed(message, this.model.log.loaded);
  }

  /** A message is new here. */
  incoming(message: Message, missed: boolean): void {
    const conversation = this.model.fields();
    if (conversation === null || message.sender_id === this.shared.userId()) return;
    if (message.type === 'system' || message.status === 'recalled') return;
    const mentioned = this.model.mentionsMe(message);
    this.shared.events.emit('incoming', { message, conversation, mentioned, missed });
  }

  // ------------------------------------------------------------------------------------------------------ sending

  send(content: MessageContent | string, options: SendOptions = {}): string {
    const clientMsgId = this.shared.outbox.send(this.id, content, options);
    this.typing.sent();
    return clientMsgId;
  }

  sendAndWait(content: MessageContent | string, options: SendOptions = {}): Promise<Message> {
    return this.shared.outbox.settled(this.send(content, options));
  }

  retry(clientMsgId: string): void {
    this.shared.outbox.retry(clientMsgId);
  }

  discard(clientMsgId: string): void {
    this.shared.outbox.discard(clientMsgId);
  }

  async edit(messageId: string, content: MessageContent | string): Promise<void> {
    const body = typeof content === 'string' ? { text: content } : content;
    await this.shared.connection.request('edit_message', {
      conversation_id: this.id,
      message_id: messageId,
      content: body,
    });
  }

  async recall(messageId: string): Promise<void> {
    await this.shared.connection.request('recall_message', { conversation_id: this.id, message_id: messageId });
  }

  react(messageId: string, emoji: string): Promise<void> {
    return this.changeReaction(messageId, emoji, true);
  }

  unreact(messageId: string, emoji: string): Promise<void> {
    return this.changeReaction(messageId, emoji, false);
  }

  private async changeReaction(messageId: string, emoji: string, add: boolean): Promise<void> {
    const me = this.shared.userId();
    const before = this.model.log.byId(messageId);
    if (before !== null && me !== null) this.patch(messageId, (message) => withReaction(message, emoji, me, add));
    try {
      const request = { conversation_id: this.id, message_id: messageId, emoji };
      await this.shared.connection.request('react', add ? request : { ...request, remove: true });
    } catch (error) {
      // Take it back, unless the server's word came meanwhile.
      if (before !== null)
        this.patch(messageId, (message) =>
          message.rev === before.rev ? { ...message, reactions: before.reactions } : message,
        );
      throw error;
    }
  }

  private patch(messageId: string, change: (message: Message) => Message): void {
    this.model.log.patch(messageId, change);
    this.changed();
  }

  markRead(seq: number = this.model.lastSeq): void {
    const { model } = this;
    const upTo = Math.min(seq, model.lastSeq);
    if (model.status !== 'ready' || upTo <= model.readSeq) return;
    model.read(upTo);
    this.shared.receipts.read(this.id, upTo);
    this.changed();
  }

  setTyping(typing: boolean): void {
    this.typing.set(typing);
  }

  // ------------------------------------------------------------------------------------------------- conversation

  async rename(name: string): Promise<void> {
    await this.shared.api.updateConversation(this.id, { name });
  }

  async setMuted(muted: boolean): Promise<void> {
    await this.shared.api.updateConversation(this.id, { muted });
    this.model.muted = muted;
    this.changed();
  }

  async setPinned(pinned: boolean): Promise<void> {
    await this.shared.api.updateConversation(this.id, { pinned });
    this.model.pinned = pinned;
    this.changed();
  }

  async leave(): Promise<void> {
    await this.shared.api.leaveConversation(this.id);
  }

  async loadMembers(): Promise<readonly ConversationMember[]> {
    const { model } = this;
    if (model.knowsAllMembers) return model.present();
    const members: ConversationMember[] = [];
    let cursor: string | null = null;
    do {
      const page: { members: readonly ConversationMember[]; next_cursor: string | null } =
        await this.shared.api.listMembers(this.id, { limit: 200, cursor });
      members.push(...page.members);
      cursor = page.next_cursor;
    } while (cursor !== null && members.length < 20_000);
    model.adoptMembers(members);
    this.changed();
    return model.present();
  }

  async addMembers(userIds: readonly string[], role?: MemberRole): Promise<void> {
    for (let i = 0; i < userIds.length; i += idsPerCallMax) {
      await this.shared.api.addMembers(this.id, userIds.slice(i, i + idsPerCallMax), role);
    }
  }

  async removeMember(userId: string): Promise<void> {
    await this.shared.api.removeMember(this.id, userId);
  }

  async setRole(userId: string, role: MemberRole): Promise<void> {
    await this.shared.api.setMemberRole(this.id, userId, role);
  }

  receipts(messageId: string): Promise<MessageReceipts> {
    return this.shared.api.getReceipts(this.id, messageId);
  }

  startStream(options: StartStreamOptions = {}): Promise<StreamWriter> {
    return this.shared.startStream(this.id, options);
  }
}

function withReaction(message: Message, emoji: string, userId: string, add: boolean): Message {
  const held = message.reactions.find((reaction) => reaction.emoji === emoji);
  if ((held?.user_ids.includes(userId) ?? false) === add) return message;
  const others = held?.user_ids.filter((id) => id !== userId) ?? [];
  const count = (held?.count ?? 0) + (add ? 1 : -1);
  const changed = { emoji, count, user_ids: add ? [...others, userId] : others };
  const reactions =
    held === undefined ? [...message.reactions, changed] : message.reactions.map((r) => (r === held ? changed : r));
  return { ...message, reactions: reactions.filter((reaction) => reaction.count > 0) };
}
