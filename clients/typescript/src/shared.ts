/** What the parts of one client share. */

import type { AiimClientOptions, ClientEvents, ClientLimits } from './api.js';
import type { Connection } from './connection.js';
import type { Emitter } from './observable.js';
import type { Outbox } from './outbox.js';
import type { Receipts } from './receipts.js';
import type { RestApi } from './rest.js';
import type { StreamHub } from './streams.js';
import type { SyncEngine } from './sync_engine.js';
import type { StartStreamOptions, StreamWriter } from './api.js';

export interface Shared {
  readonly options: AiimClientOptions;
  readonly limits: ClientLimits;
  readonly api: RestApi;
  readonly connection: Connection;
  readonly events: Emitter<ClientEvents>;
  readonly outbox: Outbox;
  readonly receipts: Receipts;
  readonly sync: SyncEngine;
  readonly streams: StreamHub;
  userId(): string | null;
  startStream(conversationId: string, options: StartStreamOptions): Promise<StreamWriter>;
  warn(message: string, cause?: unknown): void;
}
