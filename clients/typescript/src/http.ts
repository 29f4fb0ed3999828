/**
 * One HTTP request: JSON in and out, problem documents as `AiimError`, a time limit, `AbortSignal`, `Retry-After`
 * honoured, one fresh token after a 401. Knows no route.
 */

import { AiimError } from './errors.js';
import type { Problem } from './types.js';
import type { TokenSource } from './token_source.js';

export interface RequestOptions {
  readonly signal?: AbortSignal | undefined;
  /** Default: the client's `requestTimeoutMs`. */
  readonly timeoutMs?: number | undefined;
  /** For calls that create: makes a repeat harmless. Printable ASCII. */
  readonly idempotencyKey?: string | undefined;
}

export interface HttpOptions {
  /** Up to and including `/api/aiim`. */
  readonly baseUrl: string;
  readonly fetch: typeof globalThis.fetch;
  readonly tokens: TokenSource | null;
  readonly apiKey: string | null;
  /** A fixed token instead of `tokens`. */
  readonly bearer?: string | undefined;
  readonly language: string | null;
  readonly timeoutMs: number;
  /** How often a request is repeated after 429, 503 and broken connections. */
  readonly attemptsMax: number;
  /** Longer waits than this are left to the caller. */
  readonly retryWaitMaxMs: number;
}

/** A flat object of scalars; null and undefined are left out. */
export type Query = object;

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export class Http {
  constructor(readonly options: HttpOptions) {}

  /**
   * Sends one request and returns the decoded body (undefined for 204). GET, PUT and DELETE, what carries an
   * idempotency key, and what is said to be `repeatable` are repeated after passing failures; other calls only when the
   * server says it did not act.
   */
  async call<T>(
    method: Method,
    path: string,
    input: RequestOptions & {
      readonly query?: Query;
      readonly body?: unknown;
      readonly anonymous?: boolean;
      readonly repeatable?: boolean;
    } = {},
  ): Promise<T> {
    const repeatable =
      input.repeatable === true ||
      method === 'GET' ||
      method === 'PUT' ||
      method === 'DELETE' ||
      input.idempotencyKey !== undefined;
    const url = this.options.baseUrl + path + encodeQuery(input.query);
    let refused: string | null = null;
    for (let attempt = 1; ; attempt++) {
      const token: string | null = input.anonymous ? null : await this.token(refused, input.signal);
      try {
        return await this.once<T>(method, url, token, input);
      } catch (error) {
        if (!(error instanceof AiimError)) throw error;
        const freshTokenHelps =
          error.code === 'unauthenticated' && token !== null && refused === null && this.options.tokens !== null;
        if (freshTokenHelps) {
          refused = token;
          continue;
        }
        const notActedOn = error.code === 'rate_limited' || error.code === 'unavailable';
        const wait = error.retryAfterMs ?? Math.random() * 300 * 2 ** attempt;
        if (!error.retryable || !(repeatable || notActedOn)) throw error;
        if (error.code === 'timeout' || attempt >= this.options.attemptsMax || wait > this.options.retryWaitMaxMs)
          throw error;
        await sleep(wait, input.signal);
      }
    }
  }

  private async token(refused: string | null, signal: AbortSignal | undefined): Promise<string | null> {
    if (this.options.tokens === null) return this.options.bearer ?? null;
    const token = await this.options.tokens.get(refused, signal);
    if (token === null)
      throw new AiimError('unauthenticated', 'Signed out: no access token is available.', { status: 401 });
    return token;
  }

  private async once<T>(
    method: Method,
    url: string,
    token: string | null,
    input: RequestOptions & { readonly body?: unknown; readonly anonymous?: boolean },
  ): Promise<T> {
    const headers: Record<string, string> = { Accept: 'application/json' };
    if (this.options.language !== null) headers['Accept-Language'] = this.options.language;
    if (token !== null) headers.Authorization = `Bearer ${token}`;
    else if (this.options.apiKey !== null && !input.anonymous) headers['X-API-Key'] = this.options.apiKey;
    if (input.idempotencyKey !== undefined) headers['Idempotency-Key'] = input.idempotencyKey;
    if (input.body !== undefined) headers['Content-Type'] = 'application/json';

    const timeout = deadline(input.timeoutMs ?? this.options.timeoutMs, input.signal);
    try {
      const response = await this.options.fetch(url, {
        method,
        headers,
        body: input.body === undefined ? null : JSON.stringify(input.body),
        signal: timeout.signal,
        credentials: 'same-origin',
        cache: 'no-store',
      });
      if (response.status === 204) return undefined as T;
      const text = await response.text();
      if (!response.ok) throw errorOf(response, text);
      try {
        return JSON.parse(text) as T;
      } catch (cause) {
        throw new AiimError('bad_response', 'The server answered something that is not JSON.', {
          status: response.status,
          cause,
        });
      }
    } catch (cause) {
      if (cause instanceof AiimError) throw cause;
      if (input.signal?.aborted) throw new AiimError('aborted', 'The request was aborted.', { cause });
      if (timeout.expired()) throw new AiimError('timeout', 'The server did not answer in time.', { cause });
      throw new AiimError('network', 'The server could not be reached.', { cause });
    } finally {
      timeout.clear();
    }
  }
}

function errorOf(response: Response, text: string): AiimError {
  const retryAfterMs = retryAfter(response.headers.get('Retry-After'));
  try {
    const problem = JSON.parse(text) as Partial<Problem>;
    if (typeof problem.code === 'string') return AiimError.fromProblem(problem as Problem, retryAfterMs);
  } catch {
    // Not a problem document: a proxy answered. Its status says enough.
  }
  const code =
    response.status === 401
      ? 'unauthenticated'
      : response.status === 403
        ? 'forbidden'
        : response.status === 404
          ? 'not_found'
          : response.status === 413
            ? 'too_large'
            : response.status === 429
              ? 'rate_limited'
              : response.status === 502 || response.status === 503 || response.status === 504
                ? 'unavailable'
                : response.status >= 500
                  ? 'internal'
                  : 'bad_response';
  return new AiimError(code, `The server answered ${response.status}.`, { status: response.status, retryAfterMs });
}

/** Seconds or an HTTP date, as milliseconds from now. */
function retryAfter(header: string | null): number | undefined {
  if (header === null) return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

export function encodeQuery(query: Query | undefined): string {
  if (query === undefined) return '';
  const parts: string[] = [];
  for (const [key, value] of Object.entries(query) as [string, string | number | boolean | null | undefined][]) {
    if (value !== undefined && value !== null) parts.push(`${key}=${encodeURIComponent(value)}`);
  }
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}

/** A signal that fires with the caller's, or after `ms`. `clear` lets go of both. */
export function deadline(
  ms: number,
  outer?: AbortSignal,
): { signal: AbortSignal; expired: () => boolean; clear: () => void } {
  const controller = new AbortController();
  let expired = false;
  const timer = setTimeout(() => {
    expired = true;
    controller.abort();
  }, ms);
  const onAbort = (): void => controller.abort();
  if (outer?.aborted) controller.abort();
  else outer?.addEventListener('abort', onAbort, { once: true });
  return {
    signal: controller.signal,
    expired: () => expired,
    clear: () => {
      clearTimeout(timer);
      outer?.removeEventListener('abort', onAbort);
    },
  };
}

export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(new AiimError('aborted', 'Aborted while waiting.'));
      return;
    }
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(new AiimError('aborted', 'Aborted while waiting.'));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** The API's base address from what the application gave: an origin, or anything up to `/api/aiim`. */
export function baseUrlOf(url: string | undefined): string {
  const given = url ?? (typeof location === 'undefined' ? undefined : location.origin);
  if (given === undefined) throw new AiimError('invalid_request', 'Option `url` is needed outside a browser.');
  const trimmed = given.replace(/\/+$/, '');
  return trimmed.endsWith('/api/aiim') ? trimmed : `${trimmed}/api/aiim`;
}
