/** The one error type of this SDK, whatever way the failure came: a problem document, an error frame, or no answer. */

import type { ErrorCode, FieldError, FrameError, Problem } from './types.js';

export interface AiimErrorInit {
  readonly status?: number | undefined;
  readonly retryable?: boolean | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly requestId?: string | undefined;
  readonly errors?: readonly FieldError[] | undefined;
  readonly expect?: number | undefined;
  readonly cause?: unknown;
}

const retryableCodes: ReadonlySet<ErrorCode> = new Set([
  'rate_limited',
  'unavailable',
  'internal',
  'network',
  'timeout',
] satisfies ErrorCode[]);

/** Everything that fails here rejects with this. Decide on `code`; show `message` (the server's, in its language). */
export class AiimError extends Error {
  readonly code: ErrorCode;
  /** The HTTP status, where there was one. */
  readonly status: number | null;
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** How long the server asks to wait before that. */
  readonly retryAfterMs: number | null;
  /** To quote in a bug report: the server logs it. */
  readonly requestId: string | null;
  /** Which fields of the request were wrong. */
  readonly errors: readonly FieldError[];
  /** For `stream_gap`: the `n` that the server expects next. */
  readonly expect: number | null;

  constructor(code: ErrorCode, message: string, init: AiimErrorInit = {}) {
    super(message, init.cause === undefined ? undefined : { cause: init.cause });
    this.name = 'AiimError';
    this.code = code;
    this.status = init.status ?? null;
    this.retryable = init.retryable ?? retryableCodes.has(code);
    this.retryAfterMs = init.retryAfterMs ?? null;
    this.requestId = init.requestId ?? null;
    this.errors = init.errors ?? [];
    this.expect = init.expect ?? null;
  }

  static fromProblem(problem: Problem, retryAfterMs?: number): AiimError {
    return new AiimError(problem.code, problem.detail || problem.title, {
      status: problem.status,
      requestId: problem.request_id,
      errors: problem.errors,
      retryAfterMs,
    });
  }

  static fromFrame(error: FrameError): AiimError {
    return new AiimError(error.code, error.message, {
      retryable: error.retryable,
      retryAfterMs: error.retry_after_ms,
      errors: error.errors,
      expect: error.expect,
    });
  }
}
