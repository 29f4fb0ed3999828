/** The client's sizes and waits, with their defaults. */

import type { ClientLimits } from './api.js';

export const defaultLimits: ClientLimits = {
  requestTimeoutMs: 20_000,
  connectTimeoutMs: 15_000,
  backoffMinMs: 500,
  backoffMaxMs: 30_000,
  pongTimeoutMs: 10_000,
  frameBytesMax: 262_144,
  pendingMax: 512,
  outboxMax: 1_000,
  sendAttemptsMax: 8,
  openConversationsMax: 20,
  messagesMax: 20_000,
  conversationsMax: 10_000,
  pageSize: 50,
  syncNamedMax: 200,
  resyncMs: 600_000,
  usersMax: 5_000,
  streamsMax: 64,
  typingExpiryMs: 6_000,
};
