/** Signalling of calls: one method per operation. Who may do what when is the server's to decide. */

import type { CallApi } from './api.js';
import type { Connection } from './connection.js';
import { randomId } from './random_id.js';
import type { RestApi } from './rest.js';
import type { AcceptCallReply, CallSignalType, CallType, IceConfiguration, InitiateCallReply } from './types.js';

export class Calls implements CallApi {
  constructor(
    private readonly connection: Connection,
    private readonly api: RestApi,
  ) {}

  initiate(conversationId: string, callType: CallType, clientCallId: string = randomId()): Promise<InitiateCallReply> {
    return this.connection.request('call.initiate', {
      conversation_id: conversationId,
      call_type: callType,
      client_call_id: clientCallId,
    });
  }

  accept(callId: string): Promise<AcceptCallReply> {
    return this.connection.request('call.accept', { call_id: callId });
  }

  async reject(callId: string): Promise<void> {
    await this.connection.request('call.reject', { call_id: callId });
  }

  async hangup(callId: string): Promise<void> {
    await this.connection.request('call.hangup', { call_id: callId });
  }

  async ringing(callId: string): Promise<void> {
    await this.connection.request('call.ringing', { call_id: callId });
  }

  resume(callId: string, legToken: string): Promise<Readonly<Record<string, unknown>>> {
    return this.connection.request('call.resume', { call_id: callId, leg_token: legToken });
  }

  async signal(callId: string, type: CallSignalType, data: unknown, toUserId?: string): Promise<void> {
    const request = { call_id: callId, signal_type: type, signal_data: data };
    await this.connection.request(
      'call.webrtc.signal',
      toUserId === undefined ? request : { ...request, to_user_id: toUserId },
    );
  }

  iceConfiguration(): Promise<IceConfiguration> {
    return this.api.getIceConfiguration();
  }
}
