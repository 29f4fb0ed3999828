import type { AiimClientOptions, Client } from './api.js';

/** The client: one user (or bot), one connection, and the state of everything that user sees. */
export declare class AiimClient {
  constructor(options: AiimClientOptions);
}
export declare interface AiimClient extends Client {}
