/** Signing in with local accounts: the calls, and a session that keeps its tokens and hands them to a client. */

import type { TokenProvider, TokenRequest } from './api.js';
import { AiimError } from './errors.js';
import { Http, baseUrlOf, type RequestOptions } from './http.js';
import { MemoryStorage, type KeyValueStorage } from './storage.js';
import { expiryOf } from './token_source.js';
import type { LoginReply, TokenPair, User } from './types.js';

export interface AuthOptions {
  /** As in `AiimClientOptions`. */
  readonly url?: string;
  readonly fetch?: typeof globalThis.fetch;
  readonly language?: string;
  /** Where the tokens live. Default: memory, so that a reload signs out. */
  readonly storage?: KeyValueStorage;
  /** The entry in `storage`. Default `aiim.session`. */
  readonly storageKey?: string;
}

/** A token this close to its end is renewed rather than handed out. */
const marginMs = 30_000;

interface StoredSession extends TokenPair {
  readonly user: User;
}

/**
 * A signed-in local account. `token` is the `TokenProvider` of a client. Tokens are renewed when needed; several tabs
 * may share one storage: a lock keeps them from using one refresh token twice, which the server takes for theft.
 */
export class AuthSession {
  private readonly http: Http;
  private readonly storage: KeyValueStorage;
  private readonly key: string;
  private stored: StoredSession | null = null;
  private loaded = false;

  constructor(options: AuthOptions = {}) {
    this.storage = options.storage ?? new MemoryStorage();
    this.key = options.storageKey ?? 'aiim.session';
    this.http = new Http({
      baseUrl: baseUrlOf(options.url),
      fetch: options.fetch ?? ((...args) => globalThis.fetch(...args)),
      tokens: null,
      apiKey: null,
      language: options.language ?? null,
      timeoutMs: 20_000,
      attemptsMax: 3,
      retryWaitMaxMs: 2_000,
    });
  }

  /** The account that is signed in, from memory or storage. */
  async user(): Promise<User | null> {
    return (await this.load())?.user ?? null;
  }

  async login(username: string, password: string, options: RequestOptions = {}): Promise<User> {
    return await this.enter('/auth/login', { username, password }, options);
  }

  /** Where the server allows it. */
  async register(
    request: { readonly username: string; readonly password: string; readonly display_name?: string },
    options: RequestOptions = {},
  ): Promise<User> {
    return await this.enter('/auth/register', request, options);
  }

  /** Revokes the tokens and forgets them; forgets them even when the server cannot be reached. */
  async logout(options: RequestOptions = {}): Promise<void> {
    const session = await this.load();
    await this.save(null);
    if (session === null) return;
    const body = { refresh_token: session.refresh_token };
    const http = new Http({ ...this.http.options, bearer: session.access_token });
    await http.call('POST', '/auth/logout', { ...options, body });
  }

  /** Give this to `new AiimClient({ token: session.token })`. */
  readonly token: TokenProvider = async (request: TokenRequest): Promise<string | null> => {
    return await this.exclusively(async () => {
      this.loaded = false; // another tab may have renewed it
      const session = await this.load();
      if (session === null) return null;
      // It may be from long ago, or another tab may have renewed it.
      const end = expiryOf(session.access_token);
      const lasts = end === null || end - Date.now() > marginMs;
      if (lasts && session.access_token !== request.previous) return session.access_token;
      return await this.refresh(session, request.signal);
    });
  };

  private async refresh(session: StoredSession, signal: AbortSignal): Promise<string | null> {
    try {
      const body = { refresh_token: session.refresh_token };
      const pair = await this.http.call<TokenPair>('POST', '/auth/refresh', { body, anonymous: true, signal });
      await this.save({ ...session, ...pair });
      return pair.access_token;
    } catch (error) {
      const over = error instanceof AiimError && ['unauthenticated', 'suspended'].includes(error.code);
      if (!over) throw error;
      await this.save(null);
      return null;
    }
  }

  private async enter(path: string, body: object, options: RequestOptions): Promise<User> {
    const reply = await this.http.call<LoginReply>('POST', path, { ...options, body, anonymous: true });
    await this.save(reply);
    return reply.user;
  }

  private async load(): Promise<StoredSession | null> {
    if (this.loaded) return this.stored;
    const text = await this.storage.get(this.key);
    this.loaded = true;
    try {
      this.stored = text === null ? null : (JSON.parse(text) as StoredSession);
    } catch {
      this.stored = null;
    }
    return this.stored;
  }

  private async save(session: StoredSession | null): Promise<void> {
    this.stored = session;
    this.loaded = true;
    if (session === null) await this.storage.delete(this.key);
    else await this.storage.set(this.key, JSON.stringify(session));
  }

  private async exclusively<T>(work: () => Promise<T>): Promise<T> {
    const locks = typeof navigator === 'undefined' ? undefined : navigator.locks;
    if (locks === undefined) return await work();
    return (await locks.request(`${this.key}.refresh`, work)) as T;
  }
}
