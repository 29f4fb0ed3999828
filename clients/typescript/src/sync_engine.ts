/**
 * Brings conversations up to the server's state: after each `hello`, and whenever a hole shows. One loop at a time asks
 * `sync` until nothing is left to ask, and only then keeps the sync token that covers what was answered.
 */

import type { ClientLimits } from './api.js';
import type { Connection, Session } from './connection.js';
import { adoptionClock, type ConversationModel } from './conversation_model.js';
import { AiimError } from './errors.js';
import { sleep } from './http.js';
import type { RestApi } from './rest.js';
import type { Conversation, Message, SyncConversation, SyncReply, SyncRequest } from './types.js';

/** What the engine works on. */
export interface SyncTarget {
  find(conversationId: string): ConversationModel | undefined;
  all(): Iterable<ConversationModel>;
  adopt(row: Conversation): void;
  changed(model: ConversationModel): void;
  /** Messages came by sync. */
  noticed(conversationId: string, messages: readonly Message[]): void;
  /** Its messages were dropped: read the newest page where somebody looks. */
  wasReset(model: ConversationModel): void;
  removed(conversationId: string): void;
  /** Reads the first page of the list and returns its sync token. */
  readFirstPage(signal: AbortSignal): Promise<string>;
}

/** Conversations named in one request. */
const batchMax = 200;
/** Requests of one run; each makes progress, so that this many mean that something is wrong. */
const roundsMax = 2_000;
/** Unknown conversations up to here are read one by one; for more, the list is read again. */
const singlesMax = 20;
const triesMax = 4;
/** New messages that are read of a conversation that was unknown. */
const missedMax = 100;
const waitMaxMs = 30_000;

export class SyncEngine {
  private token: string | null = null;
  private readonly wanted = new Set<string>();
  private running: Promise<void> | null = null;
  /** Answers of older age may be trusted less: conversations that the last catch-up did not look at. */
  private readonly unverified = new Set<string>();

  constructor(
    private readonly target: SyncTarget,
    private readonly connection: Connection,
    private readonly api: RestApi,
    private readonly limits: ClientLimits,
    private readonly warn: (message: string, cause?: unknown) => void,
  ) {}

  /** Between `hello` and `live`: reads everything that was missed. */
  async catchUp(session: Session): Promise<void> {
    await this.running?.catch(() => undefined);
    await this.exclusively(async () => {
      if (this.token === null) await this.beginAnew(session);
      else {
        try {
          await this.rounds(session, { since: this.token, todo: this.chooseNamed(), thorough: true });
        } catch (error) {
          // A token that the server cannot read (another database): everything known is named instead.
          if (!(error instanceof AiimError) || error.code !== 'invalid_request') throw error;
          this.warn('The sync token was refused; starting anew.', error);
          this.token = null;
          await this.beginAnew(session);
        }
      }
    });
    this.later(session);
  }

  /** This conversation may miss something: ask, now if connected, else with the next session. */
  need(conversationId: string): void {
    this.wanted.add(conversationId);
    const session = this.connection.current;
    if (session !== null && this.running === null) this.later(session);
  }

  /** Somebody looks at a conversation: make sure of it where the last catch-up did not. */
  verify(conversationId: string): void {
    if (this.unverified.delete(conversationId)) this.need(conversationId);
  }

  /** While live: renews the token, so that a later catch-up has less to look at. */
  async renew(session: Session): Promise<void> {
    if (this.running !== null || this.token === null) return;
    const since = this.token;
    await this.exclusively(() => this.rounds(session, { since, todo: new Set(), thorough: false }));
    this.later(session);
  }

  isWanted(conversationId: string): boolean {
    return this.wanted.has(conversationId);
  }

  private async beginAnew(session: Session): Promise<void> {
    const before = new Set<string>();
    for (const model of this.target.all()) if (model.position !== null) before.add(model.id);
    const token = await this.target.readFirstPage(session.ended);
    await this.rounds(session, { since: null, todo: before, thorough: true });
    this.token = token;
  }

  /** Works off what was wanted while nothing ran. Failures are retried a few times, then the connection starts over. */
  private later(session: Session): void {
    if (this.wanted.size === 0 || this.running !== null) return;
    void (async () => {
      for (let attempt = 1; this.wanted.size > 0 && !session.ended.aborted; attempt++) {
        const asked = [...this.wanted];
        try {
          await this.exclusively(() => this.rounds(session, { since: null, todo: new Set(), thorough: false }));
        } catch (error) {
          for (const id of asked) this.wanted.add(id);
          if (session.ended.aborted) return;
          const failure =
            error instanceof AiimError ? error : new AiimError('bad_response', 'A sync failed.', { cause: error });
          this.warn('A sync failed.', failure);
          if (attempt >= triesMax) {
            this.connection.restart(failure);
            return;
          }
          await sleep(failure.retryAfterMs ?? 500 * 2 ** attempt, session.ended).catch(() => undefined);
        }
      }
    })();
  }

  private async exclusively(work: () => Promise<void>): Promise<void> {
    while (this.running !== null) await this.running.catch(() => undefined);
    const running = work();
    this.running = running;
    try {
      await running;
    } finally {
      this.running = null;
    }
  }

  /** The conversations whose changes matter most: those with messages held, then the most recent. */
  private chooseNamed(): Set<string> {
    const known = [...this.target.all()].filter((model) => model.position !== null);
    known.sort((a, b) => Number(b.log.loaded) - Number(a.log.loaded) || (a.activityAt < b.activityAt ? 1 : -1));
    const most = Math.min(this.limits.syncNamedMax, 500);
    this.unverified.clear();
    for (const model of known.slice(most)) this.unverified.add(model.id);
    return new Set(known.slice(0, most).map((model) => model.id));
  }

  private async rounds(
    session: Session,
    {
      since,
      todo,
      thorough,
    }: { readonly since: string | null; readonly todo: Set<string>; readonly thorough: boolean },
  ): Promise<void> {
    const done = new Set<string>();
    const tries = new Map<string, number>();
    let from = since;
    let more = since !== null;
    let idle = 0;
    for (let round = 0; ; round++) {
      this.takeWanted(todo);
      await this.readUnknown(todo, session.ended);
      const named = [...todo].slice(0, batchMax);
      if (named.length === 0 && !more && this.wanted.size === 0) break;
      if (named.length === 0 && !more) continue;
      if (round >= roundsMax || idle >= triesMax)
        throw new AiimError('bad_response', 'A sync does not come to an end.');

      const asked = new Set<string>();
      const askedAt = adoptionClock();
      const positions: SyncRequest['conversations'][number][] = [];
      for (const id of named) {
        const model = this.target.find(id);
        if (model?.position == null) continue;
        asked.add(id);
        positions.push({ conversation_id: id, epoch: model.position.epoch, rev: model.position.rev });
      }
      const request: SyncRequest =
        from === null ? { conversations: positions } : { since: from, conversations: positions };
      const reply = await this.ask(request, session.ended);
      for (const id of named) todo.delete(id);
      more = reply.more && since !== null;

      // What this answer does not bring is put into `todo`, or comes after its token: the next request goes on from
      // there. It is kept only at the end.
      let progress = from !== null && from !== reply.sync_token;
      if (from !== null) from = reply.sync_token;
      for (const entry of reply.conversations) {
        const id = entry.conversation_id;
        const answered = !isStub(entry);
        if (!this.applyEntry(entry, asked, askedAt, done, thorough)) {
          progress ||= asked.has(id);
        } else if (!answered || ('complete' in entry && !entry.complete)) {
          progress ||= answered || !asked.has(id);
          todo.add(id);
        } else if (this.mayTryAgain(id, tries)) {
          progress = true;
          todo.add(id);
        } else {
          this.target.find(id)?.settle();
        }
      }
      idle = progress ? 0 : idle + 1;
    }
    await this.readCounts(session.ended);
    if (from !== null) this.token = from;
    if (thorough) for (const id of done) this.unverified.delete(id);
  }

  /** A passing refusal is waited out; a broken connection is not. */
  private async ask(request: SyncRequest, signal: AbortSignal): Promise<SyncReply> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.connection.request<SyncReply>('sync', request, { signal });
      } catch (error) {
        if (!(error instanceof AiimError) || !error.retryable || error.code === 'network' || attempt >= triesMax)
          throw error;
        await sleep(Math.min(error.retryAfterMs ?? 300 * 2 ** attempt, waitMaxMs), signal);
      }
    }
  }

  /** Returns whether this conversation has to be asked for again. */
  private applyEntry(
    entry: SyncConversation,
    asked: ReadonlySet<string>,
    askedAt: number,
    done: Set<string>,
    thorough: boolean,
  ): boolean {
    const id = entry.conversation_id;
    const model = this.target.find(id);
    if ('removed' in entry) {
      if (model === undefined) return false;
      // It came back by an event while the answer was on its way.
      if (model.adoptedAt > askedAt) return true;
      this.target.removed(id);
      return false;
    }
    if ('reset' in entry) {
      if (model === undefined) return true;
      if (model.adoptedAt > askedAt) return true;
      const sound = model.reset(entry, askedAt);
      this.target.wasReset(model);
      done.add(id);
      return !sound || model.behind;
    }
    if ('messages' in entry) {
      if (model === undefined) return false;
      const usable = model.applySync(entry, askedAt);
      this.target.noticed(id, entry.messages);
      this.target.changed(model);
      if (usable && entry.complete) done.add(id);
      return !usable || !entry.complete || model.behind;
    }
    if (model?.position == null) return true;
    const current = model.position.epoch === entry.epoch && model.position.rev >= entry.rev && !model.behind;
    if (asked.has(id)) return true; // there was no room for it
    return !current || (thorough && !done.has(id));
  }

  /** An answer that leaves a conversation behind is asked for again, a few times at one position. */
  private mayTryAgain(id: string, tries: Map<string, number>): boolean {
    const key = `${id} ${this.target.find(id)?.position?.rev ?? -1}`;
    const count = (tries.get(key) ?? 0) + 1;
    tries.set(key, count);
    return count < triesMax;
  }

  private takeWanted(todo: Set<string>): void {
    for (const id of this.wanted) todo.add(id);
    this.wanted.clear();
  }

  /** Conversations that events or stubs spoke of and nobody read yet. */
  private async readUnknown(todo: Set<string>, signal: AbortSignal): Promise<void> {
    const unknown = [...todo].filter((id) => this.target.find(id)?.position == null);
    if (unknown.length === 0) return;
    if (unknown.length > singlesMax) await this.target.readFirstPage(signal);
    // Of many, only those are read one by one that somebody holds or that events spoke of; the list has the others.
    const many = unknown.length > singlesMax;
    const rest = unknown.filter((id) => {
      const model = this.target.find(id);
      return model === undefined ? !many : model.position === null;
    });
    for (let i = 0; i < rest.length; i += 4) {
      await Promise.all(rest.slice(i, i + 4).map((id) => this.readOne(id, signal)));
    }
    // What was just read is current, unless events said more meanwhile.
    for (const id of unknown) if (this.target.find(id)?.behind !== true) todo.delete(id);
  }

  /** In groups whose members are not all known, changes of members leave their number unsure. */
  private async readCounts(signal: AbortSignal): Promise<void> {
    for (const model of [...this.target.all()].filter((m) => m.countUnsure)) {
      try {
        model.adoptMemberCount(await this.api.getConversation(model.id, { signal }));
        this.target.changed(model);
      } catch (error) {
        if (!(error instanceof AiimError) || error.code !== 'not_found') throw error;
        model.countUnsure = false;
      }
    }
  }

  private async readOne(id: string, signal: AbortSignal): Promise<void> {
    try {
      const known = this.target.find(id)?.position != null;
      const row = await this.api.getConversation(id, { signal });
      this.target.adopt(row);
      // While live, the event that made it known tells what is new.
      const away = this.connection.state.getSnapshot().state !== 'live';
      if (!known && away && this.token !== null) await this.readMissed(row, signal);
    } catch (error) {
      if (!(error instanceof AiimError) || (error.code !== 'not_found' && error.code !== 'forbidden')) throw error;
      this.target.removed(id);
    }
  }

  /** A conversation that appeared while the client was away: what nobody has received yet is new. */
  private async readMissed(row: Conversation, signal: AbortSignal): Promise<void> {
    const from = row.members[0]?.delivered_seq ?? 0; // the reader comes first
    const model = this.target.find(row.conversation_id);
    if (model === undefined || row.last_seq <= from) return;
    const page = await this.api.listMessages(model.id, { after_seq: from, limit: missedMax }, { signal });
    model.missed(page.messages);
    this.target.changed(model);
  }
}

function isStub(entry: SyncConversation): boolean {
  return !('removed' in entry) && !('reset' in entry) && !('messages' in entry);
}
