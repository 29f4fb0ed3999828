/** Who is typing in one conversation, and telling the others that the user is. */

const startEveryMs = 3_000;
const stopAfterMs = 5_000;
const typersMax = 50;

export class Typing {
  private readonly typers = new Map<string, ReturnType<typeof setTimeout>>();
  private startedAt = 0;
  private stopTimer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    private readonly tell: (state: 'start' | 'stop') => void,
    private readonly changed: () => void,
    private readonly expiryMs: number,
  ) {}

  /** Longest first. */
  who(): readonly string[] {
    return [...this.typers.keys()];
  }

  heard(userId: string, state: 'start' | 'stop'): void {
    const timer = this.typers.get(userId);
    if (timer !== undefined) clearTimeout(timer);
    if (state === 'stop') {
      if (this.typers.delete(userId)) this.changed();
      return;
    }
    if (timer === undefined && this.typers.size >= typersMax) return;
    this.typers.set(
      userId,
      setTimeout(() => this.heard(userId, 'stop'), this.expiryMs),
    );
    if (timer === undefined) this.changed();
  }

  /** The user types, or stopped. */
  set(typing: boolean): void {
    if (this.stopTimer !== null) clearTimeout(this.stopTimer);
    this.stopTimer = null;
    if (typing) {
      if (Date.now() - this.startedAt >= startEveryMs) {
        this.startedAt = Date.now();
        this.tell('start');
      }
      this.stopTimer = setTimeout(() => this.set(false), stopAfterMs);
    } else if (this.startedAt !== 0) {
      this.startedAt = 0;
      this.tell('stop');
    }
  }

  /** The message that was being typed has left: the others see it, no `stop` is needed. */
  sent(): void {
    if (this.stopTimer !== null) clearTimeout(this.stopTimer);
    this.stopTimer = null;
    this.startedAt = 0;
  }

  /** Nothing said before a break holds after it. */
  clear(): void {
    const had = this.typers.size > 0;
    for (const timer of this.typers.values()) clearTimeout(timer);
    this.typers.clear();
    if (this.stopTimer !== null) clearTimeout(this.stopTimer);
    this.stopTimer = null;
    this.startedAt = 0;
    if (had) this.changed();
  }
}
