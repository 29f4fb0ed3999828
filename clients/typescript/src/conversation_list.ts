/**
 * All conversations known: the registry that events and sync work on, and the sorted list that views show. Pinned ones
 * come first, then the newest activity.
 */

import type { ConversationList, ConversationListSnapshot, ConversationStore, ConversationSummary } from './api.js';
import { ConversationHandle } from './conversation.js';
import type { ConversationModel } from './conversation_model.js';
import { AiimError } from './errors.js';
import { Subject } from './observable.js';
import { randomId } from './random_id.js';
import type { Shared } from './shared.js';
import type { SyncTarget } from './sync_engine.js';
import type { Conversation, ConversationPage, CreateConversationRequest, Message } from './types.js';

const listPageSize = 100;

export class Conversations implements ConversationList, SyncTarget {
  private readonly handles = new Map<string, ConversationHandle>();
  private readonly subject: Subject<ConversationListSnapshot>;
  private items: readonly ConversationSummary[] | null = null;
  private status: ConversationListSnapshot['status'] = 'loading';
  private cursor: string | null = null;
  private hasMore = false;
  private loadingMore: Promise<void> | null = null;
  private error: AiimError | null = null;

  constructor(private readonly shared: () => Shared) {
    this.subject = new Subject(() => this.build());
  }

  readonly subscribe = (listener: () => void): (() => void) => this.subject.subscribe(listener);
  readonly getSnapshot = (): ConversationListSnapshot => this.subject.getSnapshot();

  // ----------------------------------------------------------------------------------------------------- registry

  handle(conversationId: string): ConversationHandle {
    let handle = this.handles.get(conversationId);
    if (handle === undefined) {
      handle = new ConversationHandle(
        conversationId,
        this.shared(),
        () => this.touched(),
        () => this.trimLogs(),
      );
      this.handles.set(conversationId, handle);
      this.keepWithinLimits(handle);
    }
    return handle;
  }

  findHandle(conversationId: string): ConversationHandle | undefined {
    return this.handles.get(conversationId);
  }

  find(conversationId: string): ConversationModel | undefined {
    return this.handles.get(conversationId)?.model;
  }

  *all(): Iterable<ConversationModel> {
    for (const handle of this.handles.values()) yield handle.model;
  }

  allHandles(): Iterable<ConversationHandle> {
    return this.handles.values();
  }

  adopt(row: Conversation): void {
    const handle = this.handle(row.conversation_id);
    if (!handle.model.adopt(row)) this.shared().sync.need(row.conversation_id);
    this.changed(handle.model);
  }

  changed(model: ConversationModel): void {
    const handle = this.handle(model.id);
    const shared = this.shared();
    if (model.position !== null) shared.outbox.reached(model.id, model.position.rev);
    if (
      model.status === 'ready' &&
      shared.options.autoMarkDelivered !== false &&
      model.lastForeignSeq > model.deliveredSeq
    ) {
      const seq = model.lastForeignSeq;
      model.delivered(seq);
      shared.receipts.delivered(model.id, seq);
    }
    handle.changed();
    const missed = shared.connection.state.getSnapshot().state !== 'live';
    for (const message of model.takeFresh()) handle.incoming(message, missed);
  }

  noticed(conversationId: string, messages: readonly Message[]): void {
    const handle = this.handle(conversationId);
    for (const message of messages) handle.noticed(message);
  }

  wasReset(model: ConversationModel): void {
    this.changed(model); // an open one reads its newest page by itself
  }

  removed(conversationId: string): void {
    const handle = this.handles.get(conversationId);
    if (handle === undefined) return;
    handle.model.remove();
    handle.typing.clear();
    this.shared().receipts.forget(conversationId);
    handle.changed();
  }

  // --------------------------------------------------------------------------------------------------------- list

  async readFirstPage(signal: AbortSignal): Promise<string> {
    try {
      const page = await this.shared().api.listConversations({ limit: listPageSize }, { signal });
      this.take(page);
      this.status = 'ready';
      this.error = null;
      return page.sync_token;
    } catch (cause) {
      this.error =
        cause instanceof AiimError ? cause : new AiimError('bad_response', 'The list could not be read.', { cause });
      if (this.status === 'loading' && this.error.code !== 'aborted') this.status = 'error';
      throw this.error;
    } finally {
      this.subject.changed();
    }
  }

  loadMore(): Promise<void> {
    if (!this.hasMore || this.cursor === null) return Promise.resolve();
    this.loadingMore ??= this.readNextPage(this.cursor).finally(() => {
      this.loadingMore = null;
      this.subject.changed();
    });
    this.subject.changed();
    return this.loadingMore;
  }

  async create(request: CreateConversationRequest): Promise<ConversationStore> {
    const row = await this.shared().api.createConversation(request, { idempotencyKey: randomId() });
    this.adopt(row);
    return this.handle(row.conversation_id);
  }

  direct(userId: string): Promise<ConversationStore> {
    return this.create({ type: 'direct', member_ids: [userId] });
  }

  private async readNextPage(cursor: string): Promise<void> {
    try {
      this.take(await this.shared().api.listConversations({ limit: listPageSize, cursor }));
      this.error = null;
    } catch (cause) {
      this.error =
        cause instanceof AiimError ? cause : new AiimError('bad_response', 'The list could not be read.', { cause });
      throw this.error;
    }
  }

  private take(page: ConversationPage): void {
    for (const row of page.conversations) this.adopt(row);
    this.cursor = page.next_cursor;
    this.hasMore = page.next_cursor !== null && this.handles.size < this.shared().limits.conversationsMax;
  }

  private touched(): void {
    this.items = null;
    this.subject.changed();
  }

  private build(): ConversationListSnapshot {
    this.items ??= this.sort();
    let totalUnread = 0;
    let totalMentions = 0;
    for (const item of this.items) {
      if (item.conversation.muted) continue;
      totalUnread += item.unreadCount;
      totalMentions += item.mentionCount;
    }
    const { items, status, hasMore, error } = this;
    return { items, status, hasMore, loadingMore: this.loadingMore !== null, error, totalUnread, totalMentions };
  }

  private sort(): readonly ConversationSummary[] {
    const rows: { readonly summary: ConversationSummary; readonly at: string }[] = [];
    for (const handle of this.handles.values()) {
      const summary = handle.summary();
      if (summary === null) continue;
      const unsentAt = summary.unsent > 0 ? (summary.lastItem?.message.created_at ?? '') : '';
      const { activityAt } = handle.model;
      rows.push({ summary, at: unsentAt > activityAt ? unsentAt : activityAt });
    }
    rows.sort((a, b) => {
      const pinned = Number(b.summary.conversation.pinned) - Number(a.summary.conversation.pinned);
      if (pinned !== 0) return pinned;
      if (a.at !== b.at) return a.at < b.at ? 1 : -1;
      return a.summary.conversationId < b.summary.conversationId ? -1 : 1;
    });
    return rows.map((row) => row.summary);
  }

  /** Beyond the limit the oldest known that nobody looks at is forgotten; its next event brings it back. */
  private keepWithinLimits(added: ConversationHandle): void {
    const { limits } = this.shared();
    if (this.handles.size <= limits.conversationsMax) return;
    for (const [id, handle] of this.handles) {
      if (handle === added || handle.isOpen || handle.watched) continue;
      this.handles.delete(id);
      this.items = null;
      return;
    }
  }

  /** Lets go of the messages of conversations that were not used for longest. */
  private trimLogs(): void {
    const idle = [...this.handles.values()].filter((handle) => !handle.isOpen && handle.model.log.size > 0);
    const excess = idle.length - this.shared().limits.openConversationsMax;
    if (excess <= 0) return;
    idle.sort((a, b) => a.usedAt - b.usedAt);
    for (const handle of idle.slice(0, excess)) {
      handle.model.log.clear();
      handle.changed();
    }
  }
}
