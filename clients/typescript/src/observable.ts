/** Observable snapshots: the one way state leaves this SDK. Made to fit React's `useSyncExternalStore` as it is. */

/**
 * Something that has an immutable snapshot and says when there is a new one. Both functions are bound, so
 * `useSyncExternalStore(store.subscribe, store.getSnapshot)` works without wrappers; the same object is returned
 * until something changes, and what did not change inside it keeps its identity.
 */
export interface Observable<T> {
  /** Calls `listener` after each change, at most once per turn of the event loop. Returns how to stop. */
  readonly subscribe: (listener: () => void) => () => void;
  readonly getSnapshot: () => T;
}

/** The owner's side of an `Observable`. Snapshots are built when asked for, notifications gathered per microtask. */
export class Subject<T> implements Observable<T> {
  private readonly listeners = new Set<() => void>();
  private snapshot: T | undefined;
  private stale = true;
  private scheduled = false;

  constructor(
    private readonly build: () => T,
    private readonly onWatched?: (watched: boolean) => void,
  ) {}

  get watched(): boolean {
    return this.listeners.size > 0;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    // A wrapper, so that one function subscribed twice is two subscriptions.
    const entry = (): void => listener();
    this.listeners.add(entry);
    if (this.listeners.size === 1) this.onWatched?.(true);
    return () => {
      if (this.listeners.delete(entry) && this.listeners.size === 0) this.onWatched?.(false);
    };
  };

  readonly getSnapshot = (): T => {
    if (this.stale) {
      this.snapshot = this.build();
      this.stale = false;
    }
    return this.snapshot as T;
  };

  /** The state changed: the next `getSnapshot` builds anew, and listeners hear of it in a microtask. */
  changed(): void {
    this.stale = true;
    if (this.scheduled || this.listeners.size === 0) return;
    this.scheduled = true;
    queueMicrotask(() => {
      this.scheduled = false;
      for (const listener of [...this.listeners]) listener();
    });
  }
}

/** A typed list of listeners for things that happen (as against state, which is an `Observable`). */
export class Emitter<Events extends object> {
  private readonly listeners = new Map<keyof Events, Set<(data: never) => void>>();

  on<K extends keyof Events>(type: K, listener: (data: Events[K]) => void): () => void {
    let set = this.listeners.get(type);
    if (set === undefined) this.listeners.set(type, (set = new Set()));
    const entry = (data: Events[K]): void => listener(data);
    set.add(entry as (data: never) => void);
    return () => void set.delete(entry as (data: never) => void);
  }

  /** A listener that throws is reported like any uncaught error, and does not keep others from hearing. */
  emit<K extends keyof Events>(type: K, data: Events[K]): void {
    const set = this.listeners.get(type);
    if (set === undefined) return;
    for (const listener of [...set]) {
      try {
        (listener as (data: Events[K]) => void)(data);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
