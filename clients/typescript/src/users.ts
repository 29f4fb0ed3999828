/** Profiles: read once when first needed, a few at a time, kept up to a limit. And the user's own. */

import type { MeStore, UserDirectory } from './api.js';
import { AiimError } from './errors.js';
import { Subject, type Observable } from './observable.js';
import type { RestApi } from './rest.js';
import type { User } from './types.js';

interface Known {
  readonly subject: Subject<User | null>;
  user: User | null;
  loading: Promise<User | null> | null;
  loadedAt: number;
}

const inFlightMax = 6;
/** A profile older than this is read again when somebody looks. */
const freshMs = 600_000;
/** After a failure, and for users that do not exist. */
const retryMs = 30_000;

export class Users implements UserDirectory {
  private readonly known = new Map<string, Known>();
  private readonly queue: (() => void)[] = [];
  private inFlight = 0;

  constructor(
    private readonly api: RestApi,
    private readonly usersMax: number,
    private readonly warn: (message: string, cause?: unknown) => void,
  ) {}

  user(userId: string): Observable<User | null> {
    return this.of(userId).subject;
  }

  get(userId: string): User | null {
    return this.known.get(userId)?.user ?? null;
  }

  load(userId: string): Promise<User | null> {
    const known = this.of(userId);
    if (Date.now() - known.loadedAt < (known.user === null ? retryMs : freshMs))
      return known.loading ?? Promise.resolve(known.user);
    known.loading ??= this.read(userId, known).finally(() => (known.loading = null));
    return known.loading;
  }

  async search(
    query: string,
    options: { readonly limit?: number; readonly signal?: AbortSignal } = {},
  ): Promise<readonly User[]> {
    const { users } = await this.api.listUsers({ query, limit: options.limit ?? 20 }, { signal: options.signal });
    for (const user of users) this.learnt(user);
    return users;
  }

  learnt(user: User): void {
    const known = this.of(user.user_id);
    known.user = user;
    known.loadedAt = Date.now();
    known.subject.changed();
  }

  private of(userId: string): Known {
    let known = this.known.get(userId);
    if (known === undefined) {
      const created: Known = {
        user: null,
        loading: null,
        loadedAt: 0,
        subject: new Subject<User | null>(
          () => created.user,
          (watched) => {
            if (watched) this.load(userId).catch((cause: unknown) => this.warn('A profile could not be read.', cause));
          },
        ),
      };
      known = created;
      this.known.set(userId, known);
      if (this.known.size > this.usersMax) this.forgetOne(known);
    }
    return known;
  }

  private async read(userId: string, known: Known): Promise<User | null> {
    if (this.inFlight >= inFlightMax) await new Promise<void>((resolve) => this.queue.push(resolve));
    this.inFlight++;
    try {
      this.learnt(await this.api.getUser(userId));
    } catch (error) {
      known.loadedAt = Date.now();
      if (!(error instanceof AiimError) || error.code !== 'not_found') throw error;
      known.user = null;
      known.subject.changed();
    } finally {
      this.inFlight--;
      this.queue.shift()?.();
    }
    return known.user;
  }

  private forgetOne(added: Known): void {
    for (const [userId, known] of this.known) {
      if (known === added || known.subject.watched || known.loading !== null) continue;
      this.known.delete(userId);
      return;
    }
  }
}

export class Me implements MeStore {
  private me: User | null = null;
  private id: string | null = null;
  private readonly subject = new Subject<User | null>(() => this.me);

  constructor(
    private readonly api: RestApi,
    private readonly users: Users,
  ) {}

  readonly subscribe = (listener: () => void): (() => void) => this.subject.subscribe(listener);
  readonly getSnapshot = (): User | null => this.subject.getSnapshot();

  get userId(): string | null {
    return this.id;
  }

  /** The server said who this is. */
  identified(userId: string): void {
    this.id = userId;
  }

  async read(): Promise<void> {
    this.set(await this.api.getMe());
  }

  async update(changes: { readonly display_name?: string; readonly avatar_url?: string | null }): Promise<User> {
    const user = await this.api.updateMe(changes);
    this.set(user);
    return user;
  }

  private set(user: User): void {
    this.me = user;
    this.users.learnt(user);
    this.subject.changed();
  }
}
