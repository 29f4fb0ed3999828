/** What one stream says, and the rule of positions for its deltas. Pure. */

import type { StreamSnapshot } from './api.js';
import type { StreamDelta, StreamOp, StreamOutcome, StreamPart } from './types.js';

/** The part of a message's content that a stream is about. */
interface Said {
  readonly text?: string;
  readonly parts?: readonly StreamPart[];
}

/** `gap`: the server must be asked for what lies between. */
export type DeltaVerdict = 'applied' | 'stale' | 'gap';

export class StreamState {
  /** The last step included; −1: nothing is known yet. */
  n = -1;
  parts: readonly StreamPart[] = [];
  text = '';
  streaming = true;
  outcome: StreamOutcome | null = null;
  conversationId: string | null = null;
  /** A gap is being asked for. */
  asking = false;

  constructor(readonly streamId: string) {}

  snapshot(): StreamSnapshot {
    return {
      streamId: this.streamId,
      conversationId: this.conversationId,
      n: Math.max(0, this.n),
      text: this.text,
      parts: this.parts,
      streaming: this.streaming,
      outcome: this.outcome,
      stale: this.n < 0 || this.asking,
    };
  }

  delta(delta: StreamDelta): DeltaVerdict {
    this.conversationId ??= delta.conversation_id;
    if (!this.streaming || delta.n <= this.n) return 'stale';
    if (delta.from !== Math.max(0, this.n) + 1) return 'gap';
    this.n = delta.n;
    this.parts = appendOps(this.parts, delta.ops);
    for (const op of delta.ops) if (op.op === 'text') this.text += op.delta;
    return 'applied';
  }

  /** Content up to `n`, from a snapshot or a message. Returns whether it is news. */
  content(n: number, content: Said): boolean {
    if (!this.streaming || n < this.n) return false;
    this.n = n;
    this.text = content.text ?? '';
    this.parts = partsOf(content);
    return true;
  }

  end(content: Said, outcome: StreamOutcome, n: number): void {
    this.text = content.text ?? '';
    this.parts = partsOf(content);
    this.n = Math.max(0, this.n, n);
    this.streaming = false;
    this.asking = false;
    this.outcome = outcome;
  }
}

/** What a message says, in parts; one without parts is one text. */
export function partsOf(content: Said): readonly StreamPart[] {
  if (Array.isArray(content.parts)) return content.parts;
  return content.text === undefined || content.text === '' ? [] : [{ type: 'text', text: content.text }];
}

/** Adds steps; deltas of the kind that the last part has lengthen it. Parts before it keep their identity. */
export function appendOps(parts: readonly StreamPart[], ops: readonly StreamOp[]): readonly StreamPart[] {
  const result = parts.slice();
  for (const op of ops) {
    const last = result.at(-1);
    if (op.op === 'text' || op.op === 'reasoning') {
      if (last?.type === op.op) result[result.length - 1] = { type: op.op, text: last.text + op.delta };
      else result.push({ type: op.op, text: op.delta });
    } else if (op.op === 'tool_call') {
      result.push({ type: 'tool_call', call_id: op.call_id, name: op.name, arguments: op.arguments });
    } else if (op.op === 'tool_result') {
      result.push({ type: 'tool_result', call_id: op.call_id, result: op.result, is_error: op.is_error ?? false });
    } else if (op.op === 'status') {
      result.push({ type: 'status', text: op.text });
    }
  }
  return result;
}
