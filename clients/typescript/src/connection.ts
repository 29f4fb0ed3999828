/**
 * One WebSocket that stays: connecting, tokens, `hello`, requests with their answers, heartbeat, and coming back with
 * full jitter. Knows envelopes and close codes, nothing of conversations. What must happen between `hello` and `live`
 * is given as `onSession`.
 */

import type { ClientLimits, ConnectionSnapshot, ConnectionState, WebSocketConstructor, WebSocketLike } from './api.js';
import { AiimError } from './errors.js';
import { Subject } from './observable.js';
import { expiryOf, type TokenSource } from './token_source.js';
import type { ByeData, FrameError, Hello } from './types.js';

export interface ConnectionOptions {
  /** `ws://` or `wss://`, whole. */
  readonly url: string;
  readonly WebSocket: WebSocketConstructor;
  readonly tokens: TokenSource | null;
  readonly apiKey: string | null;
  readonly limits: ClientLimits;
  /** Called with each `hello`; the state is `live` once the promise resolves. A rejection ends the session. */
  readonly onSession: (session: Session) => Promise<void>;
  readonly onEvent: (type: string, data: unknown) => void;
  readonly onSignedOut: (error: AiimError) => void;
  readonly onWarning: (message: string, cause?: unknown) => void;
}

/** One stay on the socket, from `hello` to its end. */
export interface Session {
  readonly hello: Hello;
  /** Fires when the socket is gone. */
  readonly ended: AbortSignal;
}

interface Pending {
  readonly bytes: number;
  readonly resolve: (data: unknown) => void;
  readonly reject: (error: AiimError) => void;
  readonly cleanup: () => void;
}

const closeTooLarge = 1009;
const closeUnauthenticated = 4401;
const closeForbidden = 4403;
const openState = 1;
const timerMaxMs = 86_400_000;
/** A token is replaced on the live socket this long before it ends, or after two thirds of what is left of it. */
const renewBeforeMs = 60_000;
/** A session that was live for less counts as another failed attempt: the next wait is longer. */
const stableMs = 5_000;

export class Connection {
  readonly state: Subject<ConnectionSnapshot>;
  private snapshot: ConnectionSnapshot;
  private running = false;
  private socket: WebSocketLike | null = null;
  private session: Session | null = null;
  private endSession: AbortController | null = null;
  private readonly pending = new Map<string, Pending>();
  private nextId = 1;
  private attempt = 0;
  private liveAt = 0;
  /** Sessions in a row that did not last. */
  private shortLives = 0;
  private retryTimer: ReturnType<typeof setTimeout> | null = null;
  private helloTimer: ReturnType<typeof setTimeout> | null = null;
  private heartbeatTimer: ReturnType<typeof setInterval> | null = null;
  private renewTimer: ReturnType<typeof setTimeout> | null = null;
  private lastHeardAt = 0;
  private pinging = false;
  private bye: ByeData | null = null;
  private usedToken: string | null = null;
  private refusedToken: string | null = null;
  /** Numbers attempts, so that what belongs to an abandoned one is ignored. */
  private turn = 0;

  constructor(private readonly options: ConnectionOptions) {
    this.snapshot = {
      state: 'offline',
      since: Date.now(),
      retryAt: null,
      attempt: 0,
      error: null,
      signedOut: false,
      sessionId: null,
      serverVersion: null,
    };
    this.state = new Subject(() => this.snapshot);
  }

  /** The session that requests can go to now: none while the socket is closing. */
  get current(): Session | null {
    return this.socket?.readyState === openState ? this.session : null;
  }

  start(): void {
    if (this.running) return;
    this.running = true;
    this.attempt = this.shortLives = 0;
    this.refusedToken = null;
    this.watchDevice(true);
    void this.connect();
  }

  stop(error: AiimError | null = null): void {
    if (!this.running) return;
    this.running = false;
    this.watchDevice(false);
    this.drop(1000);
    this.enter('offline', { retryAt: null, error, signedOut: error !== null });
  }

  /** Ends the wait for the next attempt; on a live connection, checks that it is alive. */
  nudge(): void {
    if (!this.running) return;
    if (this.session !== null) void this.checkAlive();
    else if (this.retryTimer !== null) {
      clearTimeout(this.retryTimer);
      this.retryTimer = null;
      void this.connect();
    }
  }

  /** Gives up this socket and comes back. */
  restart(error: AiimError): void {
    if (this.socket !== null) this.lost(1006, error);
  }

  /**
   * One operation and its answer. Rejects with `network` when there is no connection or it breaks, with `too_large` when
   * the server would close the connection over it.
   */
  request<T>(
    type: string,
    data: object,
    options: { readonly signal?: AbortSignal | undefined; readonly timeoutMs?: number } = {},
  ): Promise<T> {
    const { socket } = this;
    if (this.current === null || socket === null) {
      return Promise.reject(new AiimError('network', 'Not connected.'));
    }
    if (this.pending.size >= this.options.limits.pendingMax) {
      return Promise.reject(
        new AiimError('queue_full', 'Too many requests wait for their answer.', { retryable: true }),
      );
    }
    const { signal } = options;
    if (signal?.aborted) return Promise.reject(new AiimError('aborted', 'The request was aborted.'));
    const id = String(this.nextId++);
    const text = JSON.stringify({ type, id, data });
    const bytes = utf8Length(text);
    const tooLarge = this.tooLarge(bytes);
    if (tooLarge !== null) return Promise.reject(tooLarge);
    return new Promise<T>((resolve, reject) => {
      const timeout = setTimeout(() => {
        this.settle(id)?.reject(new AiimError('timeout', 'The server did not answer in time.'));
        void this.checkAlive();
      }, options.timeoutMs ?? this.options.limits.requestTimeoutMs);
      const onAbort = (): void => this.settle(id)?.reject(new AiimError('aborted', 'The request was aborted.'));
      signal?.addEventListener('abort', onAbort, { once: true });
      this.pending.set(id, {
        bytes,
        resolve: resolve as (data: unknown) => void,
        reject,
        cleanup: () => {
          clearTimeout(timeout);
          signal?.removeEventListener('abort', onAbort);
        },
      });
      socket.send(text);
    });
  }

  /** The refusal of an operation whose frame would be too large; null when it may be sent. */
  check(type: string, data: object): AiimError | null {
    return this.tooLarge(utf8Length(JSON.stringify({ type, id: String(this.nextId), data })));
  }

  private tooLarge(bytes: number): AiimError | null {
    const most = this.options.limits.frameBytesMax;
    return bytes <= most
      ? null
      : new AiimError('too_large', `This is too large to be sent: ${bytes} bytes, of at most ${most}.`);
  }

  /** An operation whose loss does not matter. */
  tell(type: string, data: object): void {
    if (this.current !== null) this.socket?.send(JSON.stringify({ type, data }));
  }

  // ------------------------------------------------------------------------------------------------------- coming

  private async connect(): Promise<void> {
    const turn = ++this.turn;
    this.enter('connecting', { retryAt: null });
    let token: string | null = null;
    try {
      token = await this.nextToken();
    } catch (cause) {
      if (turn !== this.turn || !this.running) return;
      this.retryLater(
        cause instanceof AiimError ? cause : new AiimError('network', 'No access token could be had.', { cause }),
      );
      return;
    }
    if (turn !== this.turn || !this.running) return;
    if (this.options.tokens !== null && (token === null || token === this.refusedToken)) {
      this.signedOut(new AiimError('unauthenticated', 'The user must sign in again.', { status: 401 }));
      return;
    }
    this.usedToken = token;
    this.bye = null;
    try {
      this.open(turn, token);
    } catch (cause) {
      this.retryLater(new AiimError('network', 'The connection could not be opened.', { cause }));
    }
  }

  private async nextToken(): Promise<string | null> {
    if (this.options.tokens === null) return null;
    return await this.options.tokens.get(this.refusedToken);
  }

  private open(turn: number, token: string | null): void {
    const { WebSocket, url, apiKey, limits } = this.options;
    let socket: WebSocketLike;
    if (apiKey !== null) {
      const headers = { 'X-API-Key': apiKey };
      // Node's own takes everything in the second argument, npm `ws` in the third.
      const own = (WebSocket as unknown) === (globalThis as { WebSocket?: unknown }).WebSocket;
      socket = own ? new WebSocket(url, { headers }) : new WebSocket(url, [], { headers });
    } else {
      socket = new WebSocket(url, token === null ? [] : ['bearer', token]);
    }
    this.socket = socket;
    const mine = (): boolean => turn === this.turn && this.socket === socket;
    this.helloTimer = setTimeout(() => {
      if (mine()) this.lost(1006, new AiimError('timeout', 'The server did not answer in time.'));
    }, limits.connectTimeoutMs);
    socket.onmessage = (event) => {
      if (mine()) this.received(event.data);
    };
    socket.onclose = (event) => {
      if (mine()) this.lost(event.code, new AiimError('network', event.reason || 'The connection was closed.'));
    };
    socket.onerror = () => undefined; // `onclose` follows
  }

  // ----------------------------------------------------------------------------------------------------- frames

  private received(raw: unknown): void {
    this.lastHeardAt = Date.now();
    let frame: { type?: unknown; id?: unknown; data?: unknown; error?: unknown };
    try {
      frame = JSON.parse(String(raw)) as typeof frame;
    } catch (cause) {
      this.options.onWarning('A frame was not JSON.', cause);
      return;
    }
    const { type, id } = frame;
    if (type === 'ack' && typeof id === 'string') this.settle(id)?.resolve(frame.data);
    else if (type === 'error') this.failed(id, frame.error as FrameError | undefined);
    else if (type === 'hello') this.greeted(frame.data as Hello);
    else if (typeof type === 'string') {
      if (type === 'bye') this.bye = frame.data as ByeData;
      try {
        this.options.onEvent(type, frame.data);
      } catch (cause) {
        this.options.onWarning(`An event of type ${type} could not be applied.`, cause);
      }
    }
  }

  private failed(id: unknown, error: FrameError | undefined): void {
    const failure =
      error === undefined ? new AiimError('bad_response', 'An error frame had no error.') : AiimError.fromFrame(error);
    if (typeof id === 'string') this.settle(id)?.reject(failure);
    else this.options.onWarning(`The server refused something: ${failure.message}`, failure);
  }

  private settle(id: string): Pending | undefined {
    const pending = this.pending.get(id);
    if (pending === undefined) return undefined;
    this.pending.delete(id);
    pending.cleanup();
    return pending;
  }

  private greeted(hello: Hello): void {
    if (this.session !== null) return;
    if (this.helloTimer !== null) clearTimeout(this.helloTimer);
    this.helloTimer = null;
    const end = new AbortController();
    const session: Session = { hello, ended: end.signal };
    this.session = session;
    this.endSession = end;
    this.startHeartbeat(hello.heartbeat_ms);
    this.renewInTime();
    this.enter('catching_up', {
      retryAt: null,
      error: null,
      sessionId: hello.session_id,
      serverVersion: hello.version,
    });
    this.options.onSession(session).then(
      () => {
        if (this.session !== session) return;
        this.attempt = 0;
        this.liveAt = Date.now();
        this.refusedToken = null;
        this.enter('live', {});
      },
      (cause: unknown) => {
        if (this.session !== session) return;
        this.lost(
          1006,
          cause instanceof AiimError ? cause : new AiimError('bad_response', 'Catching up failed.', { cause }),
        );
      },
    );
  }

  // --------------------------------------------------------------------------------------------------- heartbeat

  private startHeartbeat(heartbeatMs: number): void {
    const every = Math.min(Math.max(heartbeatMs || 25_000, 1_000), 60_000);
    this.heartbeatTimer = setInterval(() => {
      if (Date.now() - this.lastHeardAt >= every * 0.9) void this.checkAlive();
    }, every);
  }

  /** Asks for a sign of life; without one the connection is given up. */
  private async checkAlive(): Promise<void> {
    const { session } = this;
    if (session === null || this.pinging) return;
    this.pinging = true;
    const askedAt = Date.now();
    try {
      await this.request('ping', {}, { timeoutMs: this.options.limits.pongTimeoutMs });
    } catch (cause) {
      // Anything heard meanwhile is a sign of life too.
      const silent = this.lastHeardAt < askedAt;
      if (this.session === session && silent)
        this.lost(1006, new AiimError('network', 'The server fell silent.', { cause }));
    } finally {
      this.pinging = false;
    }
  }

  private renewInTime(): void {
    const { tokens } = this.options;
    const end = this.usedToken === null ? null : expiryOf(this.usedToken);
    if (tokens === null || end === null) return;
    const left = end - Date.now();
    if (left <= 0) return; // the server closes, and then the usual way applies
    const wait = Math.max(left - Math.min(renewBeforeMs, left / 3), 1_000);
    const { session } = this;
    // A day at most: longer timers overflow, and the clock may be set meanwhile.
    this.renewTimer = setTimeout(
      () => {
        if (this.session !== session) return;
        if (wait > timerMaxMs) this.renewInTime();
        else void this.renew(tokens);
      },
      Math.min(wait, timerMaxMs),
    );
  }

  private async renew(tokens: TokenSource): Promise<void> {
    const { session } = this;
    try {
      const token = await tokens.renew();
      if (token === null || token === this.usedToken || this.session !== session) return;
      await this.request('auth', { token });
      if (this.session !== session) return;
      this.usedToken = token;
      this.renewInTime();
    } catch (cause) {
      this.options.onWarning('The access token could not be renewed.', cause);
      if (this.session === session) this.renewInTime(); // while it lasts
    }
  }

  // -------------------------------------------------------------------------------------------------------- going

  private lost(code: number, error: AiimError): void {
    const { bye } = this;
    const stayed = this.snapshot.state === 'live' && Date.now() - this.liveAt >= stableMs;
    if (this.snapshot.state === 'live') this.shortLives = stayed ? 0 : this.shortLives + 1;
    this.drop(code);
    if (!this.running) return;
    if (code === closeForbidden) {
      this.signedOut(new AiimError('forbidden', error.message, { status: 403 }));
      return;
    }
    if (code === closeUnauthenticated) {
      if (this.options.tokens === null) {
        this.signedOut(new AiimError('unauthenticated', 'The API key was refused.', { status: 401 }));
        return;
      }
      // Once at once with a fresh token; a second refusal waits like any failure.
      const first = this.refusedToken === null;
      this.refusedToken = this.usedToken;
      if (first) {
        void this.connect();
        return;
      }
    }
    this.retryLater(error, bye?.reconnect_after_ms ?? null);
  }

  private retryLater(error: AiimError, askedMs: number | null = null): void {
    const { backoffMinMs, backoffMaxMs } = this.options.limits;
    const failures = this.attempt + Math.max(0, this.shortLives - 1);
    const most = Math.min(backoffMaxMs, backoffMinMs * 2 ** Math.min(failures, 16));
    const wait = askedMs ?? Math.random() * most;
    this.attempt++;
    this.turn++;
    this.enter('offline', { retryAt: Date.now() + wait, error });
    this.retryTimer = setTimeout(() => {
      this.retryTimer = null;
      void this.connect();
    }, wait);
  }

  private signedOut(error: AiimError): void {
    this.stop(error);
    this.options.onSignedOut(error);
  }

  /** Lets go of the socket and everything that hangs on it. */
  private drop(code: number): void {
    this.turn++;
    for (const timer of [this.retryTimer, this.helloTimer, this.renewTimer]) if (timer !== null) clearTimeout(timer);
    if (this.heartbeatTimer !== null) clearInterval(this.heartbeatTimer);
    this.retryTimer = this.helloTimer = this.renewTimer = this.heartbeatTimer = null;
    const { socket } = this;
    this.socket = null;
    this.session = null;
    if (socket !== null) {
      // Closing a dead connection may take a minute: nothing of it is heard any more.
      socket.onmessage = socket.onclose = null;
      socket.onerror = () => undefined;
      try {
        const { terminate } = socket as { terminate?: () => void };
        if (code !== 1000 && terminate !== undefined)
          terminate.call(socket); // npm `ws`: no half minute of waiting
        else socket.close();
      } catch {
        // It was not open yet; then there is nothing to close.
      }
    }
    // The server does not say which frame was too large for it.
    const largest = code === closeTooLarge ? Math.max(...[...this.pending.values()].map(({ bytes }) => bytes)) : -1;
    for (const [id, { bytes }] of [...this.pending]) {
      this.settle(id)?.reject(
        bytes === largest
          ? new AiimError('too_large', `This is too large for the server: ${bytes} bytes.`)
          : new AiimError('network', 'The connection broke before the answer came.'),
      );
    }
    const end = this.endSession;
    this.endSession = null;
    end?.abort();
  }

  private enter(state: ConnectionState, changes: Partial<ConnectionSnapshot>): void {
    const since = state === this.snapshot.state ? this.snapshot.since : Date.now();
    const sessionId = this.session === null ? null : this.snapshot.sessionId;
    this.snapshot = { ...this.snapshot, signedOut: false, sessionId, ...changes, state, since, attempt: this.attempt };
    this.state.changed();
  }

  // ------------------------------------------------------------------------------------------------------- device

  private readonly onOnline = (): void => this.nudge();
  private readonly onVisible = (): void => {
    if (document.visibilityState === 'visible') this.nudge();
  };

  /** A device that wakes up or finds its network again need not wait for a timer. */
  private watchDevice(on: boolean): void {
    if (typeof window === 'undefined' || typeof document === 'undefined') return;
    const change = on ? 'addEventListener' : 'removeEventListener';
    window[change]('online', this.onOnline);
    window[change]('offline', this.onOnline);
    document[change]('visibilitychange', this.onVisible);
  }
}

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}
