/** Who is online, for the users that somebody follows here. The server's list is replaced when the union changes. */

import type { PresenceStore } from './api.js';
import type { Connection } from './connection.js';
import { Subject, type Observable } from './observable.js';
import type { Presence } from './types.js';

const watchedMax = 500;
const gatherMs = 50;

export class PresenceWatch implements PresenceStore {
  private readonly counts = new Map<string, number>();
  private readonly states = new Map<string, Presence>();
  private readonly subject = new Subject<ReadonlyMap<string, Presence>>(() => new Map(this.states));
  private readonly users = new Map<string, Subject<Presence | null>>();
  private timer: ReturnType<typeof setTimeout> | null = null;
  private sent = '';

  constructor(
    private readonly connection: Connection,
    private readonly warn: (message: string, cause?: unknown) => void,
  ) {}

  readonly subscribe = (listener: () => void): (() => void) => this.subject.subscribe(listener);
  readonly getSnapshot = (): ReadonlyMap<string, Presence> => this.subject.getSnapshot();

  watch(userIds: readonly string[]): () => void {
    const ids = [...new Set(userIds)];
    for (const id of ids) this.counts.set(id, (this.counts.get(id) ?? 0) + 1);
    this.later();
    let watching = true;
    return () => {
      if (!watching) return;
      watching = false;
      for (const id of ids) this.release(id);
      this.later();
    };
  }

  user(userId: string): Observable<Presence | null> {
    let subject = this.users.get(userId);
    if (subject === undefined) {
      let stop: (() => void) | null = null;
      subject = new Subject<Presence | null>(
        () => this.states.get(userId) ?? null,
        (watched) => {
          stop?.();
          stop = watched ? this.watch([userId]) : null;
          if (!watched) this.users.delete(userId);
          else if (!this.users.has(userId)) this.users.set(userId, subject as Subject<Presence | null>);
        },
      );
    }
    return subject;
  }

  heard(presence: Presence): void {
    if (!this.counts.has(presence.user_id)) return;
    this.states.set(presence.user_id, presence);
    this.changed(presence.user_id);
  }

  sessionBegan(): void {
    this.sent = '';
    this.send();
  }

  /** Offline, nothing is known of anybody. */
  sessionEnded(): void {
    const ids = [...this.states.keys()];
    this.states.clear();
    for (const id of ids) this.changed(id);
  }

  close(): void {
    if (this.timer !== null) clearTimeout(this.timer);
  }

  private release(userId: string): void {
    const count = (this.counts.get(userId) ?? 1) - 1;
    if (count > 0) {
      this.counts.set(userId, count);
      return;
    }
    this.counts.delete(userId);
    this.states.delete(userId);
    this.changed(userId);
  }

  private changed(userId: string): void {
    this.subject.changed();
    this.users.get(userId)?.changed();
  }

  private later(): void {
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.send();
    }, gatherMs);
  }

  private send(): void {
    if (this.connection.current === null) return;
    // Beyond the server's limit the ones asked for last are left out.
    const userIds = [...this.counts.keys()].slice(0, watchedMax);
    const list = [...userIds].sort().join('\n');
    if (list === this.sent) return;
    this.sent = list;
    this.connection.request<{ presence: readonly Presence[] }>('presence.watch', { user_ids: userIds }).then(
      (reply) => {
        for (const presence of reply.presence) this.heard(presence);
      },
      (cause: unknown) => {
        this.sent = '';
        if (this.connection.current !== null) this.warn('Presence could not be followed.', cause);
      },
    );
  }
}
