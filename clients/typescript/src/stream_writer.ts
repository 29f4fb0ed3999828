/**
 * Writes one stream: numbers its steps, keeps a few on their way, sends unacknowledged ones again after a reconnect,
 * renews the lease, and tells the producer when somebody else ended it.
 */

import type { ClientLimits, StartStreamOptions, StreamWriter } from './api.js';
import type { Connection, Session } from './connection.js';
import { AiimError } from './errors.js';
import { sleep } from './http.js';
import { randomId } from './random_id.js';
import type { StreamEndRequest, StreamOp, StreamStartAck } from './types.js';

interface Step {
  readonly n: number;
  readonly ops: StreamOp[];
  readonly size: number;
  sent: boolean;
}

/** Steps sent and not acknowledged. */
const windowMax = 8;
/** One step takes at most about this much; a single operation may be larger. */
const stepSizeMax = 16_384;
const stepOpsMax = 100;
/** The longest number of a step. */
const lastN = Number.MAX_SAFE_INTEGER;
/** `append` waits above this much unsent. */
const bufferSizeMax = 65_536;
const retriesMax = 10;

export interface WriterContext {
  readonly connection: Connection;
  readonly limits: ClientLimits;
  /** Calls back when the message of this stream has ended, however that became known. Returns how to stop. */
  readonly whenEnded: (streamId: string, ended: () => void) => () => void;
  /** Resolves with the next session; rejects when the client is closed or signed out, or `signal` fires. */
  readonly session: (signal?: AbortSignal) => Promise<Session>;
}

export async function startStream(
  context: WriterContext,
  conversationId: string,
  options: StartStreamOptions,
): Promise<StreamWriter> {
  const { replyTo, signal } = options;
  const request = {
    conversation_id: conversationId,
    client_msg_id: options.clientMsgId ?? randomId(),
    ...(replyTo === undefined ? {} : { reply_to: replyTo }),
  };
  const ack = await insistently(
    context,
    () => context.connection.request<StreamStartAck>('stream.start', request, { signal }),
    signal,
  );
  const written = ack.duplicate === true ? await stepsOf(context, ack.stream_id, signal) : 0;
  return new Writer(context, ack, written);
}

/** How many steps a stream has: a jump is refused, and the refusal says what is expected. */
async function stepsOf(context: WriterContext, streamId: string, signal: AbortSignal | undefined): Promise<number> {
  const jump = { stream_id: streamId, n: lastN, ops: [{ op: 'status', text: '…' }] };
  try {
    await insistently(context, () => context.connection.request('stream.append', jump, { signal }), signal);
  } catch (error) {
    if (error instanceof AiimError && error.code === 'stream_gap' && error.expect !== null) return error.expect - 1;
    throw error;
  }
  throw new AiimError('bad_response', 'The server accepted a step out of order.');
}

class Writer implements StreamWriter {
  readonly streamId: string;
  readonly seq: number;
  readonly signal: AbortSignal;
  private readonly over = new AbortController();
  private failure: AiimError | null = null;
  private buffer: StreamOp[] = [];
  private bufferSize = 0;
  private steps: Step[] = [];
  private nextN: number;
  private inFlight = 0;
  private pumping = false;
  private ending = false;
  private retries = 0;
  private waiters: (() => void)[] = [];
  private readonly lease: ReturnType<typeof setInterval>;
  private readonly unfollow: () => void;

  constructor(
    private readonly context: WriterContext,
    ack: StreamStartAck,
    readonly resumedAt: number,
  ) {
    this.nextN = resumedAt + 1;
    this.streamId = ack.stream_id;
    this.seq = ack.seq;
    this.signal = this.over.signal;
    this.lease = setInterval(() => this.renewLease(), Math.max(1_000, ack.lease_ms / 3));
    this.unfollow = context.whenEnded(this.streamId, () => {
      const ours = this.ending && this.buffer.length === 0 && this.steps.length === 0;
      if (!ours) this.fail(new AiimError('stream_ended', 'Somebody else ended the stream.'));
    });
  }

  write(delta: string): Promise<void> {
    return this.append({ op: 'text', delta });
  }

  async append(...ops: readonly StreamOp[]): Promise<void> {
    if (this.failure !== null) throw this.failure;
    if (this.ending) throw new AiimError('stream_ended', 'The stream has been ended.');
    for (const op of ops) {
      const refusal = isText(op)
        ? null
        : this.context.connection.check('stream.append', { stream_id: this.streamId, n: lastN, ops: [op] });
      if (refusal !== null) throw refusal;
    }
    for (const op of ops) for (const piece of piecesOf(op)) this.put(piece);
    this.pump();
    while (this.bufferSize > bufferSizeMax) await this.changed();
  }

  async end(request: Partial<StreamEndRequest> = {}): Promise<void> {
    if (this.failure !== null) throw this.failure;
    if (this.ending) throw new AiimError('stream_ended', 'The stream has been ended.');
    this.ending = true;
    try {
      this.pump();
      while (this.buffer.length > 0 || this.steps.length > 0) await this.changed();
      let sent = false;
      await insistently(this.context, async () => {
        const again = sent;
        sent = true;
        try {
          await this.context.connection.request('stream.end', {
            stream_id: this.streamId,
            status: 'complete',
            ...request,
          });
        } catch (error) {
          // The answer to the first attempt was lost with its connection.
          if (!(again && error instanceof AiimError && error.code === 'stream_ended')) throw error;
        }
      });
    } finally {
      this.letGo();
    }
  }

  async cancel(): Promise<void> {
    this.ending = true;
    this.buffer = [];
    this.bufferSize = 0;
    this.letGo();
    try {
      await insistently(this.context, () =>
        this.context.connection.request('stream.cancel', { stream_id: this.streamId }),
      );
    } catch (error) {
      if (!(error instanceof AiimError) || error.code !== 'stream_ended') throw error;
    }
  }

  /** Text runs together; the server would fold it anyway. */
  private put(op: StreamOp): void {
    const last = this.buffer.at(-1);
    const size = sizeOf(op);
    this.bufferSize += size;
    const joins = last !== undefined && last.op === op.op && isText(op) && sizeOf(last) < stepSizeMax / 2;
    if (joins)
      this.buffer[this.buffer.length - 1] = {
        op: op.op,
        delta: (last as { delta: string }).delta + op.delta,
      } as StreamOp;
    else this.buffer.push(op);
  }

  private take(): Step | null {
    if (this.buffer.length === 0) return null;
    const ops: StreamOp[] = [];
    let size = 0;
    while (this.buffer.length > 0 && ops.length < stepOpsMax) {
      const next = sizeOf(this.buffer[0] as StreamOp);
      if (ops.length > 0 && size + next > stepSizeMax) break;
      ops.push(this.buffer.shift() as StreamOp);
      size += next;
    }
    this.bufferSize -= size;
    const step = { n: this.nextN++, ops, size, sent: false };
    this.steps.push(step);
    return step;
  }

  private pump(): void {
    if (this.pumping || this.failure !== null) return;
    if (this.context.connection.current === null) {
      this.resume();
      return;
    }
    for (const step of this.steps) if (!step.sent && this.inFlight < windowMax) void this.sendStep(step);
    while (this.inFlight < windowMax) {
      const step = this.take();
      if (step === null) break;
      void this.sendStep(step);
    }
  }

  private async sendStep(step: Step): Promise<void> {
    step.sent = true;
    this.inFlight++;
    try {
      await this.context.connection.request('stream.append', { stream_id: this.streamId, n: step.n, ops: step.ops });
      this.steps = this.steps.filter((other) => other.n > step.n);
      this.retries = 0;
      this.inFlight--;
    } catch (cause) {
      this.inFlight--;
      step.sent = false;
      this.stepFailed(
        cause instanceof AiimError ? cause : new AiimError('bad_response', 'Appending failed.', { cause }),
      );
    }
    this.notify();
    if (this.inFlight < windowMax) this.pump();
  }

  private stepFailed(error: AiimError): void {
    const first = this.steps[0]?.n ?? this.nextN;
    const passing = error.retryable || (error.code === 'stream_gap' && (error.expect ?? 0) >= first);
    if (!passing || ++this.retries > retriesMax * windowMax) {
      this.fail(error);
      return;
    }
    if (error.code === 'stream_gap') {
      // Those before were refused or are lost: everything from there again, in order.
      this.steps = this.steps.filter((step) => step.n >= (error.expect as number));
    }
    this.resume(error.code === 'network' ? 0 : (error.retryAfterMs ?? 250));
  }

  /** Waits for a connection and for what is in flight to fail or pass, then sends on from the first unacknowledged step. */
  private resume(waitMs = 0): void {
    if (this.pumping) return;
    this.pumping = true;
    void (async () => {
      try {
        if (waitMs > 0) await sleep(waitMs, this.signal);
        while (this.inFlight > 0 && this.failure === null) await this.changed();
        await this.context.session(this.signal);
        for (const step of this.steps) step.sent = false;
      } catch (cause) {
        this.fail(cause instanceof AiimError ? cause : new AiimError('closed', 'The client was closed.', { cause }));
      } finally {
        this.pumping = false;
      }
      this.pump();
    })();
  }

  private fail(error: AiimError): void {
    if (this.failure !== null) return;
    this.failure = error;
    this.buffer = [];
    this.steps = [];
    this.bufferSize = 0;
    this.letGo();
    this.notify();
    this.over.abort(error);
  }

  /** Resolves with the next change; rejects once the stream has failed. */
  private async changed(): Promise<void> {
    if (this.failure === null) await new Promise<void>((resolve) => this.waiters.push(resolve));
    if (this.failure !== null) throw this.failure;
  }

  private notify(): void {
    for (const waiter of this.waiters.splice(0)) waiter();
  }

  private letGo(): void {
    clearInterval(this.lease);
    this.unfollow();
  }

  private renewLease(): void {
    if (this.inFlight > 0) return; // appending renews it
    this.context.connection.request('ping', { stream_ids: [this.streamId] }).catch(() => undefined);
  }
}

type TextOp = Extract<StreamOp, { op: 'text' | 'reasoning' }>;

function isText(op: StreamOp): op is TextOp {
  return op.op === 'text' || op.op === 'reasoning';
}

/** What is sent of an operation: nothing of an empty one, a long text in pieces, no character in two. */
function piecesOf(op: StreamOp): StreamOp[] {
  if (op.op === 'status' && op.text === '') return [];
  if (!isText(op)) return [op];
  const pieces: StreamOp[] = [];
  for (let from = 0; from < op.delta.length;) {
    let to = Math.min(from + stepSizeMax, op.delta.length);
    const last = op.delta.charCodeAt(to - 1);
    if (to < op.delta.length && last >= 0xd800 && last <= 0xdbff) to--; // the first half of a pair
    pieces.push({ ...op, delta: op.delta.slice(from, to) });
    from = to;
  }
  return pieces;
}

function sizeOf(op: StreamOp): number {
  return isText(op) ? op.delta.length : JSON.stringify(op).length;
}

/** Repeats over reconnects and passing refusals; only for what may be repeated. */
async function insistently<T>(context: WriterContext, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    await context.session(signal);
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof AiimError) || !error.retryable || attempt >= retriesMax) throw error;
      if (error.code !== 'network') await sleep(error.retryAfterMs ?? 250 * attempt, signal);
    }
  }
}
