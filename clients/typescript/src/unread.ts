/**
 * Unread and mention counts between the server's figures: the last figure, plus what arrived after it. Where the
 * messages themselves are held the count is exact; this is for conversations nobody has open. Pure.
 */

import type { Message } from './types.js';

/** The server counts up to this too. */
export const unreadMax = 1_000;

export interface UnreadCount {
  readonly unread: number;
  readonly mentions: number;
}

export class UnreadCounter {
  private base: UnreadCount = { unread: 0, mentions: 0 };
  /** The newest message that `base` has counted. */
  private baseSeq = 0;
  private readSeq = 0;
  /** Some of what `base` counts has been read since; how much, only the server knows. */
  partlyRead = false;
  /** A message that may or may not have been among the mentions of `base` was recalled. */
  mentionsUnsure = false;
  /** Messages after `baseSeq` that count, by `seq`; the value is whether it mentions the user. */
  private readonly arrived = new Map<number, boolean>();

  /** The server's figure, taken when `lastSeq` was the newest message and `readSeq` the user's cursor. */
  reset(figure: UnreadCount, lastSeq: number, readSeq: number): void {
    const reached = this.readSeq;
    this.base = figure;
    this.baseSeq = lastSeq;
    this.readSeq = readSeq;
    this.partlyRead = false;
    this.mentionsUnsure = false;
    this.arrived.clear();
    this.read(reached);
  }

  clear(): void {
    this.readSeq = 0;
    this.reset({ unread: 0, mentions: 0 }, 0, 0);
  }

  /**
   * A change of a message of somebody else. `countable`: not recalled. `held`: the same of the version known before; null
   * if there was none.
   */
  changed(
    message: Message,
    countable: boolean,
    mentions: boolean,
    held: { readonly countable: boolean; readonly mentions: boolean } | null,
  ): void {
    const { seq } = message;
    if (seq <= this.readSeq) return;
    if (seq > this.baseSeq) {
      if (!countable) this.arrived.delete(seq);
      else if (this.arrived.size < unreadMax || this.arrived.has(seq)) this.arrived.set(seq, mentions);
      return;
    }
    const { base } = this;
    if (held === null && base.mentions > 0) this.mentionsUnsure = true;
    if (held !== null && held.mentions !== mentions)
      this.base = { ...base, mentions: Math.max(0, base.mentions + (mentions ? 1 : -1)) };
    const wasCountable = held === null || held.countable;
    if (wasCountable && !countable && message.status === 'recalled')
      this.base = { ...this.base, unread: Math.max(0, base.unread - 1) };
  }

  /** The user read up to `seq`. What of the base figure is left is unknown until the server says so, unless all of it is read. */
  read(seq: number): void {
    if (seq <= this.readSeq) return;
    this.readSeq = seq;
    this.partlyRead = seq < this.baseSeq && this.base.unread > 0;
    if (seq >= this.baseSeq) this.base = { unread: 0, mentions: 0 };
    for (const arrived of this.arrived.keys()) if (arrived <= seq) this.arrived.delete(arrived);
  }

  count(): UnreadCount {
    let mentions = this.base.mentions;
    for (const mentioned of this.arrived.values()) if (mentioned) mentions++;
    return {
      unread: Math.min(unreadMax, this.base.unread + this.arrived.size),
      mentions: Math.min(unreadMax, mentions),
    };
  }
}
