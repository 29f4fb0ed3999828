/** Follows streams: one state per stream that somebody watches or that belongs to a conversation in memory. */

import type { ClientLimits, StreamChunk, StreamReader, StreamSnapshot } from './api.js';
import type { Connection } from './connection.js';
import { AiimError } from './errors.js';
import { Subject, type Observable } from './observable.js';
import { StreamState } from './stream_state.js';
import type { Message, StreamDelta, StreamOp, StreamOutcome, StreamSnapshotData } from './types.js';

interface Followed {
  readonly state: StreamState;
  readonly subject: Subject<StreamSnapshot>;
  readonly readers: Set<Reader>;
  usedAt: number;
}

/** One `read` in progress. */
interface Reader {
  changed(ops: readonly StreamOp[] | null, n: number): void;
  failed(error: AiimError): void;
}

/** Steps a slow reader may be behind before it gets a snapshot instead. */
const backlogMax = 256;
const askAgainMs = 1_000;

export class StreamHub implements StreamReader {
  private readonly followed = new Map<string, Followed>();
  private readonly timers = new Set<ReturnType<typeof setTimeout>>();
  /** The streams that this client writes, and whom to tell of their end. */
  private readonly written = new Map<string, Set<() => void>>();
  private closed = false;

  constructor(
    private readonly connection: Connection,
    private readonly limits: ClientLimits,
    private readonly warn: (message: string, cause?: unknown) => void,
  ) {}

  // ------------------------------------------------------------------------------------------------------- reading

  get(streamId: string): Observable<StreamSnapshot> {
    const subscribe = (listener: () => void): (() => void) => {
      const followed = this.follow(streamId);
      const stop = followed.subject.subscribe(listener);
      this.ask(followed);
      return stop;
    };
    return { subscribe, getSnapshot: () => this.follow(streamId).subject.getSnapshot() };
  }

  async *read(
    streamId: string,
    options: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<StreamChunk, void, undefined> {
    const { signal } = options;
    if (signal?.aborted) throw new AiimError('aborted', 'Reading the stream was aborted.');
    const followed = this.follow(streamId);
    const { state } = followed;
    let backlog: { ops: readonly StreamOp[] | null; n: number }[] = [];
    let failure: AiimError | null = null;
    let wake: () => void = () => undefined;
    const reader: Reader = {
      changed: (ops, n) => {
        // A snapshot, or too long a backlog, replaces everything not yet yielded. No steps: only to wake up.
        if (ops?.length === 0) wake();
        else if (ops === null || backlog.length >= backlogMax) backlog = [{ ops: null, n }];
        else backlog.push({ ops, n });
        wake();
      },
      failed: (error) => {
        failure = error;
        wake();
      },
    };
    const onAbort = (): void => reader.failed(new AiimError('aborted', 'Reading the stream was aborted.'));
    signal?.addEventListener('abort', onAbort, { once: true });
    followed.readers.add(reader);
    if (state.n >= 0) backlog.push({ ops: null, n: state.n });
    this.ask(followed);
    try {
      for (;;) {
        const next = backlog.shift();
        if (next !== undefined) {
          // A snapshot shows the state of now, so what is queued behind it is in it already.
          if (next.ops === null) backlog = [];
          const snapshot = state.snapshot();
          if (next.ops === null) yield { type: 'snapshot', n: snapshot.n, snapshot };
          else yield { type: 'delta', n: next.n, ops: next.ops, snapshot };
        } else if (failure !== null) {
          throw failure as AiimError;
        } else if (!state.streaming) {
          yield { type: 'end', outcome: state.outcome ?? 'complete', snapshot: state.snapshot() };
          return;
        } else {
          await new Promise<void>((resolve) => (wake = resolve));
        }
      }
    } finally {
      followed.readers.delete(reader);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  async *text(
    streamId: string,
    options: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<string, void, undefined> {
    let said = '';
    for await (const chunk of this.read(streamId, options)) {
      const { text } = chunk.snapshot;
      if (!text.startsWith(said) || text.length === said.length) continue;
      const piece = text.slice(said.length);
      said = text;
      yield piece;
    }
  }

  async cancel(streamId: string): Promise<void> {
    await this.connection.request('stream.cancel', { stream_id: streamId });
  }

  /** Calls back once when the message of this stream has ended. Returns how to stop. */
  whenEnded(streamId: string, ended: () => void): () => void {
    const listeners = this.written.get(streamId) ?? new Set();
    this.written.set(streamId, listeners.add(ended));
    return () => {
      listeners.delete(ended);
      if (listeners.size === 0) this.written.delete(streamId);
    };
  }

  // ------------------------------------------------------------------------------------------------------ arriving

  delta(delta: StreamDelta): void {
    const followed = this.followed.get(delta.stream_id);
    if (followed === undefined) return;
    const { state } = followed;
    const verdict = state.delta(delta);
    if (verdict === 'applied') this.changed(followed, delta.ops);
    else if (verdict === 'gap') this.ask(followed, true);
  }

  snapshot(data: StreamSnapshotData): void {
    const followed = this.followed.get(data.stream_id);
    if (followed === undefined) return;
    const { state } = followed;
    state.conversationId ??= data.conversation_id ?? null;
    const { outcome } = data.content;
    if (outcome !== undefined) this.ended(followed, data.content, outcome, data.n);
    else if (state.content(data.n, data.content)) this.changed(followed, null);
  }

  /** A message came from the server: a stream's beginning, or its end. `keep`: its conversation is in memory. */
  noticed(message: Message, keep: boolean): void {
    this.heard(message);
    let followed = this.followed.get(message.message_id);
    if (message.status === 'streaming') {
      if (followed === undefined && !keep) return;
      followed ??= this.follow(message.message_id);
      followed.state.conversationId ??= message.conversation_id;
      const n = message.chunk_index ?? 0;
      if (n > followed.state.n && followed.state.content(n, message.content)) this.changed(followed, null);
    } else if (followed?.state.streaming === true) {
      const outcome = message.content.outcome ?? (message.status === 'recalled' ? 'cancelled' : 'complete');
      this.ended(followed, message.content, outcome);
    }
  }

  /** Any message: the end of a stream that this client writes need not be applied to be known. */
  heard(message: Message): void {
    if (message.status === 'streaming') return;
    for (const ended of [...(this.written.get(message.message_id) ?? [])]) ended();
  }

  /** With each session: what was missed of streams that go on. */
  sessionBegan(): void {
    for (const followed of this.followed.values()) {
      followed.state.asking = false;
      this.ask(followed, followed.state.streaming && followed.state.n >= 0);
    }
  }

  close(): void {
    this.closed = true;
    for (const timer of this.timers) clearTimeout(timer);
    for (const followed of this.followed.values()) {
      for (const reader of followed.readers) reader.failed(new AiimError('closed', 'The client was closed.'));
    }
  }

  // ------------------------------------------------------------------------------------------------------- private

  private follow(streamId: string): Followed {
    let followed = this.followed.get(streamId);
    if (followed === undefined) {
      const state = new StreamState(streamId);
      followed = { state, subject: new Subject(() => state.snapshot()), readers: new Set(), usedAt: 0 };
      this.followed.set(streamId, followed);
      this.keepWithinLimits(followed);
    }
    followed.usedAt = Date.now();
    return followed;
  }

  private changed(followed: Followed, ops: readonly StreamOp[] | null): void {
    followed.subject.changed();
    for (const reader of followed.readers) reader.changed(ops, followed.state.n);
  }

  private ended(
    followed: Followed,
    content: Parameters<StreamState['end']>[0],
    outcome: StreamOutcome,
    n = followed.state.n,
  ): void {
    const before = followed.state.text;
    followed.state.end(content, outcome, n);
    const same = followed.state.text === before;
    followed.subject.changed();
    // Readers that have everything get only the end.
    for (const reader of followed.readers) {
      if (same) reader.changed([], followed.state.n);
      else reader.changed(null, followed.state.n);
    }
  }

  /** Asks for what is missing, where something is: nothing known yet, or `gap`. */
  private ask(followed: Followed, gap = false): void {
    const { state } = followed;
    const wanted = followed.subject.watched || followed.readers.size > 0;
    if (!state.streaming || state.asking || (!gap && state.n >= 0) || (!gap && !wanted)) return;
    if (this.connection.current === null || this.closed) return; // the next session asks
    state.asking = true;
    followed.subject.changed();
    this.connection.request('stream.watch', { stream_id: state.streamId, n: Math.max(0, state.n) }).then(
      () => {
        state.asking = false;
        followed.subject.changed();
      },
      (cause: unknown) => this.askFailed(followed, cause),
    );
  }

  private askFailed(followed: Followed, cause: unknown): void {
    const { state } = followed;
    state.asking = false;
    followed.subject.changed();
    const error =
      cause instanceof AiimError ? cause : new AiimError('bad_response', 'The stream could not be read.', { cause });
    if (error.code === 'network') return; // the next session asks
    if (!error.retryable) {
      this.warn('A stream could not be followed.', error);
      for (const reader of followed.readers) reader.failed(error);
      return;
    }
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      this.ask(followed, state.n >= 0);
    }, error.retryAfterMs ?? askAgainMs);
    this.timers.add(timer);
  }

  /** Ended ones that nobody looks at go first, then the longest unused. */
  private keepWithinLimits(added: Followed): void {
    if (this.followed.size <= this.limits.streamsMax) return;
    const idle = [...this.followed].filter(([, f]) => f !== added && !f.subject.watched && f.readers.size === 0);
    idle.sort(([, a], [, b]) => Number(a.state.streaming) - Number(b.state.streaming) || a.usedAt - b.usedAt);
    const victim = idle[0];
    if (victim !== undefined) this.followed.delete(victim[0]);
  }
}
