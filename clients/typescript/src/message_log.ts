/**
 * The messages held of one conversation. `seq` is gapless on the server, so what is held is a few runs of consecutive
 * messages, and what lies between two runs is a known gap. One run is in view. Pure: no I/O, no clock.
 */

import type { MessageItem } from './api.js';
import type { Message } from './types.js';

/** Consecutive by `seq`, never empty. */
type Run = MessageItem[];

/** Runs kept besides the one in view and the newest. */
const runsMax = 6;
/** Changes remembered for messages that a page on its way may bring in an older version. */
const overlayMax = 2_000;

export class MessageLog {
  /** Ascending, not touching each other. */
  private runs: Run[] = [];
  private readonly seqById = new Map<string, number>();
  /** A `seq` in the run that is in view; null: the newest run. */
  private anchor: number | null = null;
  private loaded_ = false;
  private generation_ = 0;
  private loading = 0;
  private readonly overlay = new Map<number, Message>();
  private overlayLost = false;

  constructor(
    private readonly isMine: (message: Message) => boolean,
    private readonly messagesMax: number,
  ) {}

  /** The newest page has been read: messages that arrive are kept. */
  get loaded(): boolean {
    return this.loaded_;
  }

  /** Changes with every `clear`: a page asked for before must not be inserted after. */
  get generation(): number {
    return this.generation_;
  }

  get size(): number {
    return this.seqById.size;
  }

  /** The messages in view; not to be changed. */
  view(): readonly MessageItem[] {
    return this.viewRun() ?? [];
  }

  firstSeq(): number | null {
    return this.viewRun()?.[0]?.message.seq ?? null;
  }

  lastSeq(): number | null {
    return this.viewRun()?.at(-1)?.message.seq ?? null;
  }

  /** The newest run, whether or not it is in view. */
  newest(): readonly MessageItem[] {
    return this.runs.at(-1) ?? [];
  }

  bySeq(seq: number): Message | null {
    const run = this.runOf(seq);
    return run === undefined ? null : (itemAt(run, seq)?.message ?? null);
  }

  byId(messageId: string): Message | null {
    const seq = this.seqById.get(messageId);
    return seq === undefined ? null : this.bySeq(seq);
  }

  clear(): void {
    this.runs = [];
    this.seqById.clear();
    this.overlay.clear();
    this.anchor = null;
    this.loaded_ = false;
    this.generation_++;
  }

  /** A page is asked for: until `pageEnded`, changes to messages not held are remembered. */
  pageBegan(): void {
    this.loading++;
  }

  /** False when too much changed since pages were asked for: ask again. */
  get pageSound(): boolean {
    return !this.overlayLost;
  }

  /** A page that was asked for has come, or not. */
  pageEnded(): void {
    this.loading--;
    if (this.loading > 0) return;
    this.overlay.clear();
    this.overlayLost = false;
  }

  /**
   * One message as an event or sync brought it: newer versions replace older ones, new messages join the newest run,
   * messages that nobody read yet are not kept. Returns whether anything held changed.
   */
  upsert(message: Message): boolean {
    const run = this.runOf(message.seq);
    if (run !== undefined) return this.replace(run, message);
    if (!this.loaded_) {
      this.remember(message);
      return false;
    }
    const newest = this.runs.at(-1);
    const newestSeq = newest?.at(-1)?.message.seq ?? 0;
    const touches = this.runs.some((r) => first(r) - 1 === message.seq || last(r) + 1 === message.seq);
    if (!touches && message.seq < newestSeq) {
      this.remember(message);
      return false;
    }
    // A message beyond a gap begins a run; what is in view stays in view until the gap is filled.
    if (!touches && newest !== undefined && this.anchor === null) this.anchor = last(newest);
    this.insertRun([this.itemOf(message)]);
    this.trim('front');
    return true;
  }

  /** Changes a message that is held without the server's word (an optimistic reaction). */
  patch(messageId: string, change: (message: Message) => Message): void {
    const message = this.byId(messageId);
    if (message === null) return;
    const run = this.runOf(message.seq);
    if (run !== undefined) run[message.seq - first(run)] = this.itemOf(change(message));
  }

  /** A page as the server answered it, ascending. `newest`: it was asked for without bounds. */
  insertPage(
    messages: readonly Message[],
    options: { readonly newest?: boolean; readonly trim?: 'front' | 'back' } = {},
  ): void {
    if (options.newest) this.loaded_ = true;
    let run: Run = [];
    for (const message of messages) {
      const held = this.overlay.get(message.seq) ?? this.bySeq(message.seq);
      const item = this.itemOf(held !== null && held.rev > message.rev ? held : message);
      if (run.length > 0 && last(run) + 1 !== item.message.seq) {
        this.insertRun(run);
        run = [];
      }
      run.push(item);
    }
    if (run.length > 0) this.insertRun(run);
    if (options.newest) this.insertArrived();
    this.trim(options.trim ?? 'front');
  }

  /** What came by event while the newest page was on its way, and is newer than all of it. */
  private insertArrived(): void {
    const arrived = [...this.overlay.values()].sort((a, b) => a.seq - b.seq);
    for (const message of arrived) {
      const newest = this.runs.at(-1);
      if (newest === undefined || message.seq > last(newest)) this.upsert(message);
    }
  }

  /** Shows the run that holds `seq`; null: the newest. */
  show(seq: number | null): void {
    this.anchor = seq;
    this.settleAnchor();
    this.dropFarRuns();
  }

  holds(seq: number): boolean {
    return this.runOf(seq) !== undefined;
  }

  private viewRun(): Run | undefined {
    if (this.anchor === null) return this.runs.at(-1);
    return this.runOf(this.anchor) ?? this.runs.at(-1);
  }

  private runOf(seq: number): Run | undefined {
    // A handful of runs: a scan from the newest is the quickest search.
    for (let i = this.runs.length - 1; i >= 0; i--) {
      const run = this.runs[i] as Run;
      if (seq > last(run)) return undefined;
      if (seq >= first(run)) return run;
    }
    return undefined;
  }

  private itemOf(message: Message): MessageItem {
    const mine = this.isMine(message);
    const key = mine && message.client_msg_id !== null ? message.client_msg_id : message.message_id;
    return { key, message, mine, pending: null, error: null };
  }

  private replace(run: Run, message: Message): boolean {
    const held = itemAt(run, message.seq);
    if (held === undefined || held.message.rev >= message.rev) return false;
    run[message.seq - first(run)] = this.itemOf(message);
    return true;
  }

  private remember(message: Message): void {
    if (this.loading === 0) return;
    const held = this.overlay.get(message.seq);
    if (held !== undefined && held.rev >= message.rev) return;
    this.overlay.set(message.seq, message);
    if (this.overlay.size > overlayMax) {
      this.overlay.clear();
      this.overlayLost = true;
    }
  }

  /** Puts a run among the others, joining those that it overlaps or touches. */
  private insertRun(run: Run): void {
    for (const item of run) this.seqById.set(item.message.message_id, item.message.seq);
    const before = this.runs.filter((r) => last(r) + 1 < first(run));
    const after = this.runs.filter((r) => first(r) - 1 > last(run));
    const joined = this.runs.filter((r) => last(r) + 1 >= first(run) && first(r) - 1 <= last(run));
    if (joined.length === 1 && run.length === 1 && last(joined[0] as Run) + 1 === first(run)) {
      (joined[0] as Run).push(run[0] as MessageItem); // the everyday case: no copy
    } else {
      const bySeq = new Map<number, MessageItem>();
      for (const item of [...joined.flat(), ...run]) {
        const held = bySeq.get(item.message.seq);
        if (held === undefined || held.message.rev < item.message.rev) bySeq.set(item.message.seq, item);
      }
      const merged = [...bySeq.values()].sort((a, b) => a.message.seq - b.message.seq);
      this.runs = [...before, merged, ...after];
    }
    this.settleAnchor();
    this.dropFarRuns();
  }

  private settleAnchor(): void {
    if (this.anchor === null) return;
    const run = this.runOf(this.anchor);
    if (run === undefined || run === this.runs.at(-1)) this.anchor = null;
  }

  private dropFarRuns(): void {
    while (this.runs.length > runsMax) {
      const view = this.viewRun();
      const victim = this.runs.find((run, index) => run !== view && index !== this.runs.length - 1);
      if (victim === undefined) return;
      this.runs = this.runs.filter((run) => run !== victim);
      for (const item of victim) this.seqById.delete(item.message.message_id);
    }
  }

  /** Keeps the number of messages in bounds: other runs go first, then one end of the run in view. */
  private trim(end: 'front' | 'back'): void {
    if (this.seqById.size <= this.messagesMax) return;
    const view = this.viewRun();
    for (const run of [...this.runs]) {
      if (run === view || this.seqById.size <= this.messagesMax) continue;
      this.runs = this.runs.filter((r) => r !== run);
      for (const item of run) this.seqById.delete(item.message.message_id);
    }
    const excess = this.seqById.size - this.messagesMax;
    if (view === undefined || excess <= 0) return;
    const gone = end === 'front' ? view.splice(0, excess) : view.splice(view.length - excess, excess);
    for (const item of gone) this.seqById.delete(item.message.message_id);
    this.settleAnchor();
  }
}

function first(run: Run): number {
  return (run[0] as MessageItem).message.seq;
}

function last(run: Run): number {
  return (run[run.length - 1] as MessageItem).message.seq;
}

function itemAt(run: Run, seq: number): MessageItem | undefined {
  return run[seq - first(run)];
}
