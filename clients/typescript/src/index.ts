/**
 * `@aiim/client`: the TypeScript SDK of the AIIM messaging server.
 * @packageDocumentation
 */

export * from './types.js';
export * from './api.js';
export { AiimClient } from './client.js';
export { AiimError, type AiimErrorInit } from './errors.js';
export { AuthSession, type AuthOptions } from './auth.js';
export { RestApi, type MessageQuery, type PageQuery } from './rest.js';
export type { RequestOptions } from './http.js';
export type { Observable } from './observable.js';
export { deliveryOf, mayGovern, mayGrant, mayManage, readersOf } from './derive.js';
export { IndexedDbStorage, LocalStorage, MemoryStorage, type KeyValueStorage } from './storage.js';
export { partsOf } from './stream_state.js';
