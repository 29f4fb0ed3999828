/** Keeps the current access token: asks the application once for many waiting callers, and before it expires. */

import type { TokenProvider } from './api.js';
import { AiimError } from './errors.js';

/** A token this close to its end is not used for something new. */
const marginMs = 15_000;

export class TokenSource {
  private current: string | null = null;
  private asking: Promise<string | null> | null = null;
  private readonly closed = new AbortController();

  constructor(private readonly provider: TokenProvider) {}

  /** A token to use; `refused` is one that the server did not accept. Null: the user must sign in again. */
  async get(refused: string | null = null, signal?: AbortSignal): Promise<string | null> {
    const token = this.current;
    if (token !== null && token !== refused) {
      const end = expiryOf(token);
      if (end === null || end - Date.now() > marginMs) return token;
    }
    return await orAborted(
      this.ask(token === null ? 'needed' : token === refused ? 'unauthenticated' : 'expiring'),
      signal,
    );
  }

  /** A new token although the current one still holds. */
  renew(): Promise<string | null> {
    return this.ask('expiring');
  }

  /** When the current token ends (ms since 1970), if it says so. */
  get expiresAt(): number | null {
    return this.current === null ? null : expiryOf(this.current);
  }

  close(): void {
    this.closed.abort();
  }

  private ask(reason: 'needed' | 'expiring' | 'unauthenticated'): Promise<string | null> {
    this.asking ??= this.provider({ reason, previous: this.current, signal: this.closed.signal })
      .then((token) => (this.current = token))
      .finally(() => (this.asking = null));
    return this.asking;
  }
}

/** The `exp` of a JWT in ms since 1970, unverified: only to know when to ask for the next. */
export function expiryOf(token: string): number | null {
  const payload = token.split('.')[1];
  if (payload === undefined) return null;
  try {
    const claims = JSON.parse(atob(payload.replace(/-/g, '+').replace(/_/g, '/'))) as { exp?: unknown };
    return typeof claims.exp === 'number' ? claims.exp * 1000 : null;
  } catch {
    return null;
  }
}

async function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await work;
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(new AiimError('aborted', 'The request was aborted.'));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
