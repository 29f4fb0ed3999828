/**
 * Messages on their way to the server. They are stored before anything else, leave one at a time per conversation and
 * in order, are sent again under the same id until the server has answered, and survive reloads. Several clients may
 * share one storage (tabs): each owns its entries, and takes over those of clients that are gone.
 */

import type { ClientLimits, MessageItem, OutboxItem, OutboxStore, SendOptions } from './api.js';
import type { Connection } from './connection.js';
import { AiimError } from './errors.js';
import { randomId } from './random_id.js';
import { Subject } from './observable.js';
import type { KeyValueStorage } from './storage.js';
import type { Message, MessageContent, SendMessageAck, SendMessageRequest, SendableMessageType } from './types.js';

/** One message; `item` and `row` are rebuilt when it changes. */
interface Entry {
  readonly clientMsgId: string;
  readonly conversationId: string;
  readonly type: SendableMessageType;
  readonly content: MessageContent;
  readonly replyTo: string | null;
  readonly queuedAt: number;
  order: number;
  /** Taken over from a client that is gone. */
  inherited: boolean;
  state: 'queued' | 'sending' | 'failed';
  error: AiimError | null;
  attempts: number;
  /** Set once the server has it; kept until the message itself has arrived. */
  ack: SendMessageAck | null;
  item: OutboxItem;
  row: MessageItem;
  waiters: { resolve: (message: Message) => void; reject: (error: AiimError) => void }[];
}

interface StoredEntry {
  readonly conversationId: string;
  readonly type: SendableMessageType;
  readonly content: MessageContent;
  readonly replyTo: string | null;
  readonly queuedAt: number;
  readonly failed?: { readonly code: AiimError['code']; readonly message: string };
}

export interface OutboxOptions {
  readonly limits: ClientLimits;
  readonly storage: KeyValueStorage;
  readonly connection: Connection;
  readonly userId: () => string | null;
  /** Something about this conversation's unsent messages changed. */
  readonly changed: (conversationId: string) => void;
  /** How far a conversation has been read from the server. */
  readonly position: (conversationId: string) => number;
  readonly failed: (item: OutboxItem) => void;
  readonly warn: (message: string, cause?: unknown) => void;
}

/** Messages sent but not acknowledged, over all conversations. */
const inFlightMax = 16;
/** Acknowledged messages that are shown until they arrive. */
const acknowledgedMax = 256;
/** A storage that does not answer must not keep messages back for ever. */
const loadTimeoutMs = 5_000;

export class Outbox implements OutboxStore {
  private readonly entries = new Map<string, Entry>();
  private readonly subject: Subject<readonly OutboxItem[]>;
  /** Conversations that wait before their next attempt. */
  private readonly pauses = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly busy = new Set<string>();
  private readonly instance = randomId();
  private prefix: string | null = null;
  private lastOrder = 0;
  /** What was left behind goes first: nothing leaves before it is read. */
  private loading = false;
  private closed = false;
  private readonly releases: (() => void)[] = [];
  private writes: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: OutboxOptions) {
    this.subject = new Subject(() =>
      this.ordered()
        .filter((entry) => entry.ack === null)
        .map((entry) => entry.item),
    );
  }

  readonly subscribe = (listener: () => void): (() => void) => this.subject.subscribe(listener);
  readonly getSnapshot = (): readonly OutboxItem[] => this.subject.getSnapshot();

  // --------------------------------------------------------------------------------------------------- in and out

  send(conversationId: string, content: MessageContent | string, options: SendOptions = {}): string {
    const clientMsgId = options.clientMsgId ?? randomId();
    if (this.closed) throw new AiimError('closed', 'The client is closed.');
    if (this.entries.has(clientMsgId)) throw new AiimError('conflict', 'A message with this id is on its way.');
    if (this.getSnapshot().length >= this.options.limits.outboxMax)
      throw new AiimError('queue_full', 'Too many messages wait to be sent.');
    const message = {
      clientMsgId,
      conversationId,
      type: options.type ?? 'text',
      content: typeof content === 'string' ? { text: content } : content,
      replyTo: options.replyTo ?? null,
    };
    const tooLarge = this.options.connection.check('send_message', requestOf(message));
    if (tooLarge !== null) throw tooLarge;
    const entry = this.make({ ...message, queuedAt: Date.now() });
    this.store(entry);
    this.touched(entry);
    this.pump();
    return clientMsgId;
  }

  /** Resolves when the server has the message. */
  settled(clientMsgId: string): Promise<Message> {
    const entry = this.entries.get(clientMsgId);
    if (entry === undefined) return Promise.reject(new AiimError('not_found', 'No such message is on its way.'));
    return new Promise((resolve, reject) => entry.waiters.push({ resolve, reject }));
  }

  retry(clientMsgId: string): void {
    const entry = this.entries.get(clientMsgId);
    if (entry?.state !== 'failed') return;
    entry.inherited = false;
    entry.attempts = 0;
    entry.error = null;
    this.move(entry, this.nextOrder());
    this.enter(entry, 'queued');
    this.pump();
  }

  retryAll(): void {
    for (const entry of this.ordered()) this.retry(entry.clientMsgId);
  }

  discard(clientMsgId: string): void {
    const entry = this.entries.get(clientMsgId);
    if (entry === undefined || entry.ack !== null) return;
    this.finish(entry);
    for (const waiter of entry.waiters) waiter.reject(new AiimError('aborted', 'The message was discarded.'));
    this.pump();
  }

  /** The unsent messages of a conversation as rows of it, and those acknowledged that have not arrived. */
  rows(conversationId: string): readonly MessageItem[] {
    const rows: MessageItem[] = [];
    for (const entry of this.entries.values()) if (entry.conversationId === conversationId) rows.push(entry.row);
    if (rows.length > 1) rows.sort((a, b) => this.orderOf(a) - this.orderOf(b));
    return rows;
  }

  /** A message of the user's own came from the server. */
  arrived(message: Message): void {
    if (message.client_msg_id === null) return;
    const entry = this.entries.get(message.client_msg_id);
    if (entry === undefined || entry.conversationId !== message.conversation_id) return;
    this.finish(entry);
    for (const waiter of entry.waiters) waiter.resolve(message);
    this.pump();
  }

  /** A conversation's position moved: what was acknowledged up to there is in its log. */
  reached(conversationId: string, rev: number): void {
    for (const entry of this.entries.values()) {
      if (entry.conversationId === conversationId && entry.ack !== null && entry.ack.rev <= rev) this.finish(entry);
    }
  }

  // ------------------------------------------------------------------------------------------------------ sending

  /** Sends what may be sent now. Called with each session, and whenever something changes. */
  pump(): void {
    if (this.options.connection.current === null || this.closed || this.loading) return;
    const seen = new Set<string>();
    for (const entry of this.ordered()) {
      if (this.busy.size >= inFlightMax) return;
      const { conversationId } = entry;
      // The first unsent one of each conversation; those after it wait, so that the order holds.
      if (entry.ack !== null || entry.state === 'failed' || seen.has(conversationId)) continue;
      seen.add(conversationId);
      if (!this.busy.has(conversationId) && !this.pauses.has(conversationId)) void this.sendOne(entry);
    }
  }

  private async sendOne(entry: Entry): Promise<void> {
    const { connection } = this.options;
    this.busy.add(entry.conversationId);
    this.enter(entry, 'sending');
    try {
      const ack = await connection.request<SendMessageAck>('send_message', requestOf(entry));
      this.busy.delete(entry.conversationId);
      if (this.entries.get(entry.clientMsgId) === entry) this.acknowledged(entry, ack);
    } catch (cause) {
      this.busy.delete(entry.conversationId);
      const error = cause instanceof AiimError ? cause : new AiimError('bad_response', 'Sending failed.', { cause });
      if (this.entries.get(entry.clientMsgId) === entry) this.refused(entry, error);
      if (error.code === 'network') return; // the next session sends on
    }
    this.pump();
  }

  private acknowledged(entry: Entry, ack: SendMessageAck): void {
    entry.ack = ack;
    this.unstore(entry);
    const message: Message = {
      ...entry.row.message,
      message_id: ack.message_id,
      seq: ack.seq,
      rev: ack.rev,
      created_at: ack.created_at,
    };
    entry.row = { ...entry.row, message, pending: null };
    for (const waiter of entry.waiters.splice(0)) waiter.resolve(message);
    if (this.options.position(entry.conversationId) >= ack.rev) this.finish(entry);
    else this.touched(entry);
    const acknowledged = this.ordered().filter((e) => e.ack !== null);
    for (const old of acknowledged.slice(0, -acknowledgedMax)) this.finish(old);
  }

  private refused(entry: Entry, error: AiimError): void {
    const unanswered = error.code === 'network' || error.code === 'timeout' || error.code === 'queue_full';
    if (!unanswered) entry.attempts++;
    const again = unanswered || (error.retryable && entry.attempts < this.options.limits.sendAttemptsMax);
    if (again) {
      this.enter(entry, 'queued');
      if (error.code === 'network') return; // the next session sends it
      const wait = error.retryAfterMs ?? Math.random() * 500 * 2 ** Math.min(entry.attempts, 6);
      this.pause(entry.conversationId, Math.min(wait, 60_000));
      return;
    }
    entry.error = error;
    this.enter(entry, 'failed');
    this.store(entry);
    for (const waiter of entry.waiters.splice(0)) waiter.reject(error);
    this.options.failed(entry.item);
  }

  private pause(conversationId: string, ms: number): void {
    const timer = setTimeout(() => {
      this.pauses.delete(conversationId);
      this.pump();
    }, ms);
    this.pauses.set(conversationId, timer);
  }

  // ----------------------------------------------------------------------------------------------------- entries

  private make(stored: StoredEntry & { readonly clientMsgId: string }, inherited?: number): Entry {
    const { failed, ...rest } = stored;
    const error = failed === undefined ? null : new AiimError(failed.code, failed.message);
    const place = { order: inherited ?? this.nextOrder(), inherited: inherited !== undefined };
    const base = { ...rest, ...place, error, attempts: 0, ack: null, waiters: [] };
    const state = failed === undefined ? ('queued' as const) : ('failed' as const);
    const entry: Entry = { ...base, state, item: null as unknown as OutboxItem, row: null as unknown as MessageItem };
    this.rebuild(entry);
    this.entries.set(entry.clientMsgId, entry);
    return entry;
  }

  private rebuild(entry: Entry): void {
    const { clientMsgId, conversationId, type, content, replyTo, queuedAt, state, error } = entry;
    entry.item = { clientMsgId, conversationId, type, content, replyTo, queuedAt, state, error };
    entry.row = {
      key: clientMsgId,
      message: localMessage(entry, this.options.userId() ?? ''),
      mine: true,
      pending: state,
      error,
    };
  }

  private enter(entry: Entry, state: Entry['state']): void {
    entry.state = state;
    this.rebuild(entry);
    this.touched(entry);
  }

  private finish(entry: Entry): void {
    if (!this.entries.delete(entry.clientMsgId)) return;
    if (entry.ack === null) this.unstore(entry);
    this.touched(entry);
  }

  private touched(entry: Entry): void {
    this.subject.changed();
    this.options.changed(entry.conversationId);
  }

  private nextOrder(): number {
    this.lastOrder = Math.max(this.lastOrder + 1, Date.now() * 1_000);
    return this.lastOrder;
  }

  private ordered(): Entry[] {
    return [...this.entries.values()].sort((a, b) => a.order - b.order);
  }

  private orderOf(row: MessageItem): number {
    return this.entries.get(row.key)?.order ?? 0;
  }

  // ----------------------------------------------------------------------------------------------------- storage

  /** The user is known: what was left behind joins what was written since. */
  async load(prefix: string): Promise<void> {
    if (this.prefix !== null) return;
    this.prefix = `${prefix}outbox/`;
    for (const entry of this.ordered()) this.store(entry);
    this.loading = true;
    const late = setTimeout(() => this.loaded(), loadTimeoutMs);
    try {
      await this.holdLock();
      const owners = new Set<string>();
      for (const key of await this.options.storage.keys(this.prefix)) {
        const owner = key.slice(this.prefix.length).split('/')[0];
        if (owner !== undefined && owner !== this.instance) owners.add(owner);
      }
      for (const owner of owners) await this.inherit(owner);
    } catch (cause) {
      this.options.warn('Unsent messages could not be read.', cause);
    } finally {
      clearTimeout(late);
      this.loaded();
    }
  }

  private loaded(): void {
    this.loading = false;
    this.pump();
  }

  /** Ends sending. Entries stay in storage, for whoever comes next. */
  async close(forget: boolean): Promise<void> {
    this.closed = true;
    for (const timer of this.pauses.values()) clearTimeout(timer);
    this.pauses.clear();
    for (const entry of this.entries.values()) {
      if (forget && entry.ack === null) this.unstore(entry);
      for (const waiter of entry.waiters) waiter.reject(new AiimError('closed', 'The client was closed.'));
    }
    await this.writes;
    for (const release of this.releases) release();
  }

  private keyOf(entry: Entry): string {
    const order = String(entry.order).padStart(17, '0');
    return `${this.prefix}${this.instance}/${order}/${encodeURIComponent(entry.clientMsgId)}`;
  }

  private store(entry: Entry): void {
    if (this.prefix === null) return;
    const { conversationId, type, content, replyTo, queuedAt, error } = entry;
    const stored: StoredEntry = { conversationId, type, content, replyTo, queuedAt };
    const failed =
      entry.state === 'failed' && error !== null ? { failed: { code: error.code, message: error.message } } : {};
    const key = this.keyOf(entry);
    this.write(() => this.options.storage.set(key, JSON.stringify({ ...stored, ...failed })));
  }

  private unstore(entry: Entry): void {
    if (this.prefix === null) return;
    const key = this.keyOf(entry);
    this.write(() => this.options.storage.delete(key));
  }

  /** To another place in the order. It is stored there before it goes from where it was: a reload in between loses nothing. */
  private move(entry: Entry, order: number): void {
    const before = this.prefix === null ? null : this.keyOf(entry);
    entry.order = order;
    if (before === null || entry.ack !== null) return;
    this.store(entry);
    this.write(() => this.options.storage.delete(before));
  }

  /** One after another: a delete must not overtake the set before it. */
  private write(work: () => Promise<void>): void {
    this.writes = this.writes
      .then(work)
      .catch((cause: unknown) => this.options.warn('Unsent messages could not be stored.', cause));
  }

  /** A lock held as long as this client lives tells others that its entries are cared for. */
  private async holdLock(): Promise<void> {
    const locks = typeof navigator === 'undefined' ? undefined : navigator.locks;
    if (locks === undefined) return;
    await new Promise<void>((held) => {
      void locks.request(`${this.prefix}${this.instance}`, () => {
        held();
        return new Promise<void>((release) => this.releases.push(release));
      });
    });
  }

  /** Takes over the entries of another client, once it is gone. */
  private async inherit(owner: string): Promise<void> {
    const locks = typeof navigator === 'undefined' ? undefined : navigator.locks;
    if (locks === undefined) {
      await this.take(owner);
      return;
    }
    const name = `${this.prefix}${owner}`;
    const taken = await locks.request(name, { ifAvailable: true }, async (lock) => {
      if (lock !== null) await this.take(owner);
      return lock !== null;
    });
    if (!taken) void locks.request(name, () => (this.closed ? undefined : this.take(owner)));
  }

  private async take(owner: string): Promise<void> {
    const { storage } = this.options;
    const keys = (await storage.keys(`${this.prefix}${owner}/`)).sort();
    const texts = await Promise.all(keys.map((key) => storage.get(key)));
    const taken: Entry[] = [];
    for (const [i, key] of keys.entries()) {
      const [order, id = ''] = key.split('/').slice(-2);
      const clientMsgId = decodeURIComponent(id);
      const text = texts[i] ?? null;
      try {
        if (clientMsgId !== '' && text !== null && !this.entries.has(clientMsgId)) {
          taken.push(this.make({ ...(JSON.parse(text) as StoredEntry), clientMsgId }, Number(order) || 0));
        }
      } catch (cause) {
        this.options.warn('An unsent message could not be read.', cause);
      }
    }
    this.putFirst(taken);
    for (const entry of taken) {
      this.store(entry);
      this.touched(entry);
    }
    for (const key of keys) this.write(() => storage.delete(key));
    this.pump();
  }

  /** What others left behind is older than what was written here, whatever the clocks said. */
  private putFirst(taken: readonly Entry[]): void {
    const own = [...this.entries.values()].filter((entry) => !entry.inherited);
    const last = Math.max(...taken.map((entry) => entry.order));
    const late = last - Math.min(...own.map((entry) => entry.order)) + 1;
    if (late > 0) for (const entry of own) this.move(entry, entry.order + late);
    this.lastOrder = Math.max(this.lastOrder, last, ...own.map((entry) => entry.order));
  }
}

function requestOf(
  entry: Pick<Entry, 'conversationId' | 'type' | 'content' | 'replyTo' | 'clientMsgId'>,
): SendMessageRequest {
  const { conversationId, type, content, replyTo, clientMsgId } = entry;
  const request = { conversation_id: conversationId, type, content, client_msg_id: clientMsgId };
  return replyTo === null ? request : { ...request, reply_to: replyTo };
}

/** How an unsent message looks among sent ones. */
function localMessage(entry: Entry, userId: string): Message {
  return {
    message_id: '',
    conversation_id: entry.conversationId,
    sender_id: userId,
    type: entry.type,
    content: entry.content,
    reply_to: entry.replyTo,
    client_msg_id: entry.clientMsgId,
    created_at: new Date(entry.queuedAt).toISOString(),
    seq: 0,
    rev: 0,
    edited_at: null,
    status: 'sent',
    stream_id: null,
    chunk_index: null,
    is_end: false,
    reactions: [],
  };
}
