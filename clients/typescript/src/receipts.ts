/** Sends the user's own cursors: gathered for a moment, newest only, a few at a time, again after a reconnect. */

import type { Connection } from './connection.js';
import { AiimError } from './errors.js';

interface Wanted {
  delivered: number;
  read: number;
}

const gatherMs = 200;
const inFlightMax = 8;

export class Receipts {
  private readonly wanted = new Map<string, Wanted>();
  private timer: ReturnType<typeof setTimeout> | null = null;
  private inFlight = 0;
  private pausedUntil = 0;

  constructor(private readonly connection: Connection) {}

  delivered(conversationId: string, seq: number): void {
    const wanted = this.of(conversationId);
    if (seq > wanted.delivered) wanted.delivered = seq;
    this.later(gatherMs);
  }

  read(conversationId: string, seq: number): void {
    const wanted = this.of(conversationId);
    if (seq > wanted.read) wanted.read = seq;
    this.later(gatherMs);
  }

  forget(conversationId: string): void {
    this.wanted.delete(conversationId);
  }

  /** Called with each session. */
  flush(): void {
    this.timer = null;
    if (this.connection.current === null) return;
    const wait = this.pausedUntil - Date.now();
    if (wait > 0) {
      this.later(wait);
      return;
    }
    for (const [conversationId, { delivered, read }] of this.wanted) {
      if (this.inFlight >= inFlightMax) return; // the next answer goes on
      this.wanted.delete(conversationId);
      // What is read is delivered too.
      if (delivered > read) void this.send('mark_delivered', conversationId, delivered);
      if (read > 0) void this.send('mark_read', conversationId, read);
    }
  }

  close(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.wanted.clear();
  }

  private async send(type: 'mark_delivered' | 'mark_read', conversationId: string, seq: number): Promise<void> {
    this.inFlight++;
    try {
      await this.connection.request(type, { conversation_id: conversationId, seq });
    } catch (error) {
      // Final refusals (no longer a member) need no second try; the cursor is only a convenience then.
      if (error instanceof AiimError && error.retryable) {
        const wanted = this.of(conversationId);
        if (type === 'mark_read') wanted.read = Math.max(wanted.read, seq);
        else wanted.delivered = Math.max(wanted.delivered, seq);
        this.pausedUntil = Date.now() + (error.retryAfterMs ?? 1_000);
      }
    } finally {
      this.inFlight--;
      if (this.wanted.size > 0) this.later(0);
    }
  }

  private of(conversationId: string): Wanted {
    let wanted = this.wanted.get(conversationId);
    if (wanted === undefined) this.wanted.set(conversationId, (wanted = { delivered: 0, read: 0 }));
    return wanted;
  }

  private later(ms: number): void {
    this.timer ??= setTimeout(() => this.flush(), ms);
  }
}
