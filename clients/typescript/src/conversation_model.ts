/**
 * What is known of one conversation, and the protocol's rules for changing it: positions by `rev` and `after`, events
 * applied idempotently, sync pages, resets, removal, cursors, counts. Pure: no I/O and no clock; it says what is needed
 * and others fetch it.
 */

import type { MessageItem } from './api.js';
import { MessageLog } from './message_log.js';
import type {
  Conversation,
  ConversationMember,
  Cursor,
  MemberChange,
  MemberRole,
  Message,
  MeUpdatedData,
  MyState,
  ReceiptData,
  SharedConversation,
  SyncChanges,
  SyncReset,
} from './types.js';
import { UnreadCounter, unreadMax, type UnreadCount } from './unread.js';

/** A durable event of one conversation. */
export type DurableEvent =
  | {
      readonly kind: 'message';
      readonly created: boolean;
      readonly rev: number;
      readonly after: number;
      readonly message: Message;
    }
  | {
      readonly kind: 'members';
      readonly rev: number;
      readonly after: number;
      readonly members: readonly MemberChange[];
      readonly joined: boolean;
    }
  | {
      readonly kind: 'conversation';
      readonly rev: number;
      readonly after: number;
      readonly conversation: PartialConversation;
    };

export type PartialConversation = SharedConversation & Partial<Conversation>;

/** `applied`: something changed. `stale`: known already. `hole`: kept aside, a sync is needed. */
export type Verdict = 'applied' | 'stale' | 'hole';

export interface Position {
  readonly epoch: string;
  readonly rev: number;
}

/** Events kept aside while a hole before them is read. */
const heldMax = 500;

let clock = 0;

/** Counts adoptions, over all conversations. */
export function adoptionClock(): number {
  return clock;
}

export class ConversationModel {
  status: 'unknown' | 'ready' | 'removed' = 'unknown';
  position: Position | null = null;
  /** What the server said last; `fields()` is it with everything that moved since. */
  private row: PartialConversation | null = null;
  lastSeq = 0;
  /** Messages up to here were there at the beginning, or were handed out by `takeFresh`. */
  private announcedSeq = 0;
  private beganSeq = 0;
  private fresh: Message[] = [];
  lastMessage: Message | null = null;
  muted = false;
  pinned = false;
  /** When something last happened in it, for sorting. */
  activityAt = '';
  /** The newest message of somebody else that has arrived. */
  lastForeignSeq = 0;
  readonly log: MessageLog;
  readonly members = new Map<string, MemberChange>();
  readonly cursors = new Map<string, Cursor>();
  private readonly unreadCounter = new UnreadCounter();
  private memberCount = 0;
  /** Members changed of whom it is not known whether they were counted: read the row. */
  countUnsure = false;
  /** All members are in `members` (groups above 100 only after `loadMembers`). */
  private membersComplete = false;
  private held: DurableEvent[] = [];
  /** The highest `rev` heard of; above `position` there is something to fetch. */
  private heardRev = 0;
  /** The counts are no longer right, and only the server knows them. */
  private figureWanted = false;
  /** The own cursor as `me.updated` said it; `readSeq` runs ahead of it. */
  private serverReadSeq = 0;
  /** When its row was last adopted, by `adoptionClock`: orders answers on their way against what came meanwhile. */
  adoptedAt = 0;
  /** When the own flags were last changed by an event, by the same clock. */
  private flagsAt = 0;
  /** When a receipt last came, by the same clock. */
  private receiptAt = 0;

  constructor(
    readonly id: string,
    private readonly me: () => string | null,
    messagesMax: number,
  ) {
    this.log = new MessageLog((message) => message.sender_id === me(), messagesMax);
  }

  /** Something is missing: events were kept aside, or a newer revision is known. */
  get behind(): boolean {
    if (this.status !== 'ready' || this.position === null) return false;
    return this.heardRev > this.position.rev || this.figureWanted;
  }

  get deliveredSeq(): number {
    return this.myCursor().delivered_seq;
  }

  get readSeq(): number {
    return this.myCursor().read_seq;
  }

  get role(): MemberRole {
    return this.members.get(this.me() ?? '')?.role ?? this.row?.role ?? 'member';
  }

  /** The conversation as known now, in the server's shape. */
  fields(): Conversation | null {
    if (this.row === null || this.position === null) return null;
    const { unread, mentions } = this.unread();
    return {
      ...this.row,
      rev: this.position.rev,
      epoch: this.position.epoch,
      last_seq: this.lastSeq,
      last_message: this.lastMessage,
      member_count: this.memberCount,
      members: this.present(),
      role: this.role,
      unread_count: unread,
      mention_count: mentions,
      muted: this.muted,
      pinned: this.pinned,
    };
  }

  /** Members present, with their cursors. */
  present(): ConversationMember[] {
    const present: ConversationMember[] = [];
    for (const member of this.members.values()) {
      if (member.left_at !== null) continue;
      const cursor = this.cursors.get(member.user_id);
      present.push({
        user_id: member.user_id,
        role: member.role,
        joined_at: member.joined_at,
        delivered_seq: cursor?.delivered_seq ?? 0,
        read_seq: cursor?.read_seq ?? 0,
      });
    }
    return present;
  }

  /** The furthest any other member came. */
  othersCursor(): { readonly delivered: number; readonly read: number } {
    let delivered = 0;
    let read = 0;
    const me = this.me();
    for (const cursor of this.cursors.values()) {
      if (cursor.user_id === me || this.members.get(cursor.user_id)?.left_at != null) continue;
      if (cursor.read_seq > read) read = cursor.read_seq;
      const reached = Math.max(cursor.delivered_seq, cursor.read_seq);
      if (reached > delivered) delivered = reached;
    }
    return { delivered, read };
  }

  unread(): UnreadCount {
    const readSeq = this.readSeq;
    if (this.lastSeq <= readSeq) return { unread: 0, mentions: 0 };
    return this.countHeld(readSeq) ?? this.unreadCounter.count();
  }

  // ------------------------------------------------------------------------------------------------ rows

  /**
   * The server's row, from a list, a GET or an event that creates. Returns false when a sync is needed: it is newer than
   * the messages held, or its count older than what was read.
   */
  adopt(row: PartialConversation): boolean {
    this.adoptedAt = ++clock;
    const position = this.position;
    const current = this.status === 'ready' && position !== null && position.epoch === row.epoch;
    if (current && row.rev < position.rev) return true;
    if (current && row.rev > position.rev && this.log.loaded) {
      this.hear(row.rev);
      return false;
    }
    if (!current) {
      if (position !== null) this.held = [];
      this.forget();
    }
    this.status = 'ready';
    this.position = { epoch: row.epoch, rev: row.rev };
    if (row.rev > (position?.rev ?? 0)) this.membersComplete = false;
    if (!current) this.beginsAt(row.last_seq);
    this.adoptRow(row);
    this.adoptFigure(row);
    this.drain();
    return !this.behind;
  }

  /**
   * A sync, asked for at `askedAt`, said: what is held is of no use. Returns false when something newer had to be dropped
   * with it: ask once more.
   */
  reset(change: SyncReset, askedAt: number): boolean {
    this.adoptedAt = ++clock;
    const sameEpoch = this.position === null || this.position.epoch === change.conversation.epoch;
    // Events do not say their epoch: over a change of it, those kept aside cannot be placed.
    const sound = (sameEpoch || this.held.length === 0) && this.receiptAt <= askedAt;
    if (!sameEpoch) this.held = [];
    this.forget();
    this.status = 'ready';
    this.position = { epoch: change.conversation.epoch, rev: change.conversation.rev };
    this.beginsAt(change.conversation.last_seq);
    this.adoptRow(change.conversation);
    for (const cursor of change.cursors ?? []) this.moveCursor(cursor);
    if (change.me !== undefined) this.adoptMine(change.me, this.adoptedAt);
    else this.adoptFigure(change.conversation);
    this.drain();
    return sound;
  }

  /** The new messages since the last call, each once and in order. */
  takeFresh(): readonly Message[] {
    if (this.fresh.length === 0) return [];
    const fresh = this.fresh;
    this.fresh = [];
    return fresh;
  }

  /** Of what was there at the beginning, these came while the client was away. */
  missed(messages: readonly Message[]): void {
    this.fresh.push(...messages.filter((message) => message.seq <= this.beganSeq));
  }

  /** Nothing more can be learnt about what was heard of: stop asking. */
  settle(): void {
    if (this.position !== null) this.heardRev = this.position.rev;
    this.figureWanted = false;
    this.held = [];
  }

  remove(): void {
    this.forget();
    this.held = [];
    this.status = 'removed';
    this.position = null;
    this.row = null;
  }

  /** One page of sync, asked for at `askedAt`. Returns false when it cannot be used: it answers an older state, ask again. */
  applySync(change: SyncChanges, askedAt: number): boolean {
    const position = this.position;
    if (this.status !== 'ready' || position === null || position.epoch !== change.epoch) return false;
    if (change.conversation !== undefined && change.conversation.rev >= (this.row?.rev ?? 0))
      this.adoptRow(change.conversation);
    this.applyMembers(change.members, null);
    for (const cursor of change.cursors) this.moveCursor(cursor);
    const ascending = [...change.messages].sort((a, b) => a.seq - b.seq);
    for (const message of ascending) {
      if (message.rev > position.rev) this.applyMessage(message);
      else this.log.upsert(message);
    }
    if (change.rev >= position.rev) {
      this.position = { epoch: position.epoch, rev: change.rev };
      if (change.complete) this.adoptMine(change.me, askedAt);
    }
    this.hear(change.rev);
    this.drain();
    return true;
  }

  // ---------------------------------------------------------------------------------------------- events

  apply(event: DurableEvent): Verdict {
    const position = this.position;
    if (this.status !== 'ready' || position === null) {
      this.hold(event);
      return 'hole';
    }
    const otherEpoch = event.kind === 'conversation' && event.conversation.epoch !== position.epoch;
    if (otherEpoch) {
      // Not comparable: what follows belongs to another history.
      this.heardRev = Number.MAX_SAFE_INTEGER;
      return 'hole';
    }
    if (event.rev <= position.rev) return 'stale';
    this.hear(event.rev);
    if (!this.follows(event, position)) {
      this.hold(event);
      return 'hole';
    }
    this.advance(event);
    this.drain();
    return 'applied';
  }

  receipt(data: ReceiptData): boolean {
    this.receiptAt = ++clock;
    return this.moveCursor(data);
  }

  mine(data: MeUpdatedData): boolean {
    if (this.status !== 'ready') return false;
    this.adoptFlags(data);
    this.flagsAt = ++clock;
    // Its figure has no place among the other events: where what was counted here is no longer right, a sync tells.
    this.serverReadSeq = Math.max(this.serverReadSeq, data.read_seq);
    this.wantFigure();
    return true;
  }

  /** The user read up to `seq`, on this device. */
  read(seq: number): boolean {
    const userId = this.me();
    if (userId === null) return false;
    return this.moveCursor({ user_id: userId, delivered_seq: Math.max(this.deliveredSeq, seq), read_seq: seq });
  }

  delivered(seq: number): boolean {
    const userId = this.me();
    if (userId === null) return false;
    return this.moveCursor({ user_id: userId, delivered_seq: seq, read_seq: this.readSeq });
  }

  /** The number of members, from the server's row. */
  adoptMemberCount(row: PartialConversation): void {
    this.countUnsure = false;
    if (!this.membersComplete) this.memberCount = row.member_count;
  }

  /** All members, as the member list answers them. */
  adoptMembers(members: readonly ConversationMember[]): void {
    const rev = this.position?.rev ?? 0;
    const seen = new Set<string>();
    for (const member of members) {
      seen.add(member.user_id);
      this.adoptMember(member, rev);
      this.moveCursor(member);
    }
    this.dropAbsent(seen, rev);
    this.membersComplete = true;
    this.memberCount = members.length;
  }

  /** Whether every member is known. */
  get knowsAllMembers(): boolean {
    return this.membersComplete;
  }

  // --------------------------------------------------------------------------------------------- private

  private forget(): void {
    this.log.clear();
    this.members.clear();
    this.cursors.clear();
    this.membersComplete = false;
    this.memberCount = 0;
    this.lastSeq = 0;
    this.lastMessage = null;
    this.lastForeignSeq = 0;
    this.heardRev = 0;
    this.figureWanted = false;
    this.serverReadSeq = 0;
    this.unreadCounter.clear();
  }

  /** What is there already is not new, but for what was heard of before anything was known. */
  private beginsAt(lastSeq: number): void {
    const heard = this.held.flatMap((event) =>
      event.kind === 'message' && event.created ? [event.message.seq - 1] : [],
    );
    this.announcedSeq = this.beganSeq = Math.min(lastSeq, ...heard);
  }

  private announce(message: Message): void {
    if (message.seq <= this.announcedSeq) return;
    this.announcedSeq = message.seq;
    this.fresh.push(message);
  }

  private hear(rev: number): void {
    if (rev > this.heardRev) this.heardRev = rev;
  }

  private hold(event: DurableEvent): void {
    this.hear(event.rev);
    this.held.push(event);
    if (this.held.length > heldMax) this.held = this.held.slice(-heldMax / 2);
  }

  /** Applies what was kept aside and has come within reach. */
  private drain(): void {
    if (this.held.length === 0) return;
    const waiting = this.held.sort((a, b) => a.rev - b.rev);
    this.held = [];
    for (const event of waiting) {
      const position = this.position;
      if (position === null) continue;
      if (event.rev <= position.rev) {
        if (event.kind === 'message' && event.created) this.announce(event.message); // it made this known
        continue;
      }
      this.hear(event.rev);
      if (this.follows(event, position)) this.advance(event);
      else this.held.push(event);
    }
  }

  private follows(event: DurableEvent, position: Position): boolean {
    if (event.after > position.rev) return false;
    // A change of the conversation itself brings no message: one that knows of more stands for changes left out.
    return event.kind !== 'conversation' || event.conversation.last_seq <= this.lastSeq;
  }

  private advance(event: DurableEvent): void {
    const position = this.position as Position;
    if (event.kind === 'message') this.applyMessage(event.message);
    else if (event.kind === 'members') this.applyMembers(event.members, event.joined);
    else this.adoptRow(event.conversation);
    this.position = { epoch: position.epoch, rev: event.rev };
  }

  private adoptRow(row: PartialConversation): void {
    this.row = row;
    this.lastSeq = Math.max(this.lastSeq, row.last_seq);
    if (row.last_message !== null) this.noticeLast(row.last_message);
    this.noticeActivity(row.updated_at);
    const seen = new Set<string>();
    for (const member of row.members) {
      seen.add(member.user_id);
      this.adoptMember(member, row.rev);
      this.moveCursor(member);
    }
    if (row.members.length >= row.member_count) {
      this.dropAbsent(seen, row.rev);
      this.membersComplete = true;
    }
    this.memberCount = row.member_count;
    this.countUnsure = false;
    if (row.muted !== undefined) this.muted = row.muted;
    if (row.pinned !== undefined) this.pinned = row.pinned;
  }

  private adoptFigure(row: PartialConversation): void {
    if (row.unread_count === undefined) return;
    this.figureWanted = false;
    const own = row.members.find((member) => member.user_id === this.me());
    this.unreadCounter.reset(
      { unread: row.unread_count, mentions: row.mention_count ?? 0 },
      row.last_seq,
      own?.read_seq ?? this.readSeq,
    );
    this.wantFigure();
    if (row.unread_count > 0) this.lastForeignSeq = Math.max(this.lastForeignSeq, row.last_seq);
  }

  /** Asked before the server has the cursor, it would answer what is known already. */
  private wantFigure(): void {
    if (this.unreadCounter.partlyRead && this.serverReadSeq >= this.readSeq) this.figureWanted = true;
  }

  private adoptMine(state: MyState, askedAt: number): void {
    // What came while the answer was on its way is newer.
    this.adoptFlags(this.flagsAt > askedAt ? { ...state, muted: this.muted, pinned: this.pinned } : state);
    // A figure for an older cursor than the one moved here says nothing.
    if (state.read_seq === undefined || state.read_seq >= this.readSeq) this.adoptCount(state);
  }

  private adoptFlags(state: MyState | MeUpdatedData): void {
    this.muted = state.muted;
    this.pinned = state.pinned;
    const userId = this.me();
    if (userId === null || (state.read_seq === undefined && state.delivered_seq === undefined)) return;
    this.moveCursor({ user_id: userId, delivered_seq: state.delivered_seq ?? 0, read_seq: state.read_seq ?? 0 });
  }

  private adoptCount(state: MyState): void {
    this.figureWanted = false;
    const mentions = state.mention_count ?? Math.min(this.unreadCounter.count().mentions, state.unread_count);
    this.unreadCounter.reset({ unread: state.unread_count, mentions }, this.lastSeq, this.readSeq);
  }

  private adoptMember(member: ConversationMember, rev: number): void {
    const held = this.members.get(member.user_id);
    if (held !== undefined && held.rev > rev) return;
    if (held !== undefined && held.left_at === null && held.role === member.role && held.joined_at === member.joined_at)
      return;
    this.members.set(member.user_id, {
      user_id: member.user_id,
      role: member.role,
      joined_at: member.joined_at,
      left_at: null,
      rev,
    });
  }

  /** Members that a complete list does not name have left. */
  private dropAbsent(present: ReadonlySet<string>, rev: number): void {
    for (const [userId, member] of this.members) {
      if (!present.has(userId) && member.rev <= rev) this.members.delete(userId);
    }
  }

  /** `joined`: whether those present are new; null: not said. */
  private applyMembers(changes: readonly MemberChange[], joined: boolean | null): void {
    for (const change of changes) {
      const { user_id, delivered_seq, read_seq } = change;
      if (delivered_seq !== undefined && read_seq !== undefined) this.moveCursor({ user_id, delivered_seq, read_seq });
      const held = this.members.get(change.user_id);
      if (held !== undefined && held.rev >= change.rev) continue;
      const is = change.left_at === null;
      let was = held === undefined ? false : held.left_at === null;
      if (held === undefined && !this.membersComplete) {
        was = !is || joined === false;
        if (is && joined === null) this.countUnsure = true;
      }
      this.members.set(change.user_id, change);
      if (was !== is) this.memberCount = Math.max(0, this.memberCount + (is ? 1 : -1));
    }
    if (this.membersComplete) {
      this.memberCount = 0;
      for (const member of this.members.values()) if (member.left_at === null) this.memberCount++;
    }
  }

  private moveCursor(to: Cursor | ConversationMember | ReceiptData): boolean {
    const held = this.cursors.get(to.user_id);
    const delivered = Math.max(held?.delivered_seq ?? 0, to.delivered_seq);
    const read = Math.max(held?.read_seq ?? 0, to.read_seq);
    if (held !== undefined && held.delivered_seq === delivered && held.read_seq === read) return false;
    this.cursors.set(to.user_id, { user_id: to.user_id, delivered_seq: delivered, read_seq: read });
    if (to.user_id === this.me()) this.unreadCounter.read(read);
    return true;
  }

  private myCursor(): Cursor {
    const userId = this.me() ?? '';
    return this.cursors.get(userId) ?? { user_id: userId, delivered_seq: 0, read_seq: 0 };
  }

  /** One that the position did not include. A page may have brought it, or a later version, before. */
  private applyMessage(message: Message): void {
    const held = this.log.bySeq(message.seq) ?? (this.lastMessage?.seq === message.seq ? this.lastMessage : null);
    this.note(message, held !== null && held.rev < message.rev ? held : null);
    this.log.upsert(message);
    this.announce(message);
  }

  /** A new message, or a new version of one. */
  private note(message: Message, held: Message | null): void {
    if (message.sender_id !== this.me() && message.type !== 'system') {
      const before = held === null ? null : { countable: this.countable(held), mentions: this.counts(held) };
      this.unreadCounter.changed(message, this.countable(message), this.counts(message), before);
      if (this.unreadCounter.mentionsUnsure) this.figureWanted = true;
    }
    if (message.seq > this.lastSeq) this.lastSeq = message.seq;
    if (message.sender_id !== this.me()) this.lastForeignSeq = Math.max(this.lastForeignSeq, message.seq);
    this.noticeLast(message);
  }

  private noticeLast(message: Message): void {
    const held = this.lastMessage;
    if (held === null || message.seq > held.seq || (message.seq === held.seq && message.rev > held.rev))
      this.lastMessage = message;
    this.noticeActivity(message.created_at);
  }

  private noticeActivity(at: string): void {
    if (at > this.activityAt) this.activityAt = at;
  }

  private countable(message: Message): boolean {
    return message.sender_id !== this.me() && message.status !== 'recalled' && message.type !== 'system';
  }

  private counts(message: Message): boolean {
    return this.countable(message) && this.mentionsMe(message);
  }

  mentionsMe(message: Message): boolean {
    const me = this.me();
    return me !== null && Array.isArray(message.content.mentions) && message.content.mentions.includes(me);
  }

  /** The exact count, where every message after the cursor is held. */
  private countHeld(readSeq: number): UnreadCount | null {
    const newest: readonly MessageItem[] = this.log.newest();
    const firstHeld = newest[0]?.message.seq;
    if (firstHeld === undefined || firstHeld > readSeq + 1 || (newest.at(-1)?.message.seq ?? 0) < this.lastSeq)
      return null;
    let unread = 0;
    let mentions = 0;
    for (let i = newest.length - 1; i >= 0; i--) {
      const { message } = newest[i] as MessageItem;
      if (message.seq <= readSeq || unread >= unreadMax) break;
      if (!this.countable(message)) continue;
      unread++;
      if (this.mentionsMe(message)) mentions++;
    }
    return { unread, mentions };
  }
}
