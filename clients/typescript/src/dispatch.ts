/** Takes each event of the server to the part it concerns. */

import type { ConversationHandle } from './conversation.js';
import type { Conversations } from './conversation_list.js';
import type { DurableEvent } from './conversation_model.js';
import type { PresenceWatch } from './presence.js';
import type { Shared } from './shared.js';
import type {
  ConversationEventData,
  MemberEventData,
  MessageEventData,
  MeUpdatedData,
  Presence,
  ReceiptData,
  StreamDelta,
  StreamSnapshotData,
  TypingData,
} from './types.js';

export class Dispatch {
  constructor(
    private readonly shared: Shared,
    private readonly conversations: Conversations,
    private readonly presence: PresenceWatch,
  ) {}

  event(type: string, data: unknown): void {
    switch (type) {
      case 'message.created':
      case 'message.updated':
        this.message(type, data as MessageEventData);
        return;
      case 'member.joined':
      case 'member.left':
      case 'member.updated':
        this.members(type, data as MemberEventData);
        return;
      case 'conversation.created':
      case 'conversation.updated':
        this.conversation(data as ConversationEventData);
        return;
      case 'conversation.removed':
        this.conversations.removed((data as ConversationEventData).conversation_id);
        return;
      case 'receipt':
        this.receipt(data as ReceiptData);
        return;
      case 'me.updated':
        this.mine(data as MeUpdatedData);
        return;
      case 'typing':
        this.typing(data as TypingData);
        return;
      case 'presence':
        this.presence.heard(data as Presence);
        return;
      case 'stream.delta':
        this.shared.streams.delta(data as StreamDelta);
        return;
      case 'stream.snapshot':
        this.shared.streams.snapshot(data as StreamSnapshotData);
        return;
      default: // calls, `bye`, and what newer servers add: for listeners only
    }
  }

  private durable(conversationId: string, event: DurableEvent): boolean {
    const handle = this.conversations.handle(conversationId);
    const verdict = handle.model.apply(event);
    if (verdict === 'hole' || handle.model.behind) this.shared.sync.need(conversationId);
    if (verdict === 'applied') this.conversations.changed(handle.model);
    return verdict === 'applied';
  }

  private message(type: string, { conversation_id: id, rev, after, message }: MessageEventData): void {
    this.shared.streams.heard(message);
    const handle = this.conversations.handle(id);
    const applied = this.durable(id, { kind: 'message', created: type === 'message.created', rev, after, message });
    if (type === 'message.created') handle.typing.heard(message.sender_id, 'stop');
    if (applied) handle.noticed(message);
    else if (message.sender_id === this.shared.userId()) this.shared.outbox.arrived(message);
  }

  private members(type: string, { conversation_id: id, rev, after, members }: MemberEventData): void {
    this.durable(id, { kind: 'members', rev, after, members, joined: type === 'member.joined' });
  }

  private conversation({ conversation_id: id, rev, after, conversation }: ConversationEventData): void {
    if (conversation === undefined) {
      this.shared.sync.need(id);
      return;
    }
    const { model } = this.conversations.handle(id);
    const known = model.status === 'ready';
    if (known && rev !== undefined && after !== undefined) {
      this.durable(id, { kind: 'conversation', rev, after, conversation });
      return;
    }
    if (!model.adopt(conversation)) this.shared.sync.need(id);
    // An event says nothing of the user's own part: where there are messages already, counts must be read.
    if (!known && conversation.last_seq > 0) this.shared.sync.need(id);
    this.conversations.changed(model);
  }

  /** For what has no `rev`: a row that is on its way may be older, so a sync after it is asked for. */
  private findOrAsk(conversationId: string): ConversationHandle | undefined {
    const handle = this.conversations.findHandle(conversationId);
    const catchingUp = this.shared.connection.state.getSnapshot().state === 'catching_up';
    const awaited = handle === undefined ? catchingUp : handle.model.status === 'unknown';
    if (awaited) this.shared.sync.need(conversationId);
    return handle;
  }

  private receipt(data: ReceiptData): void {
    const handle = this.findOrAsk(data.conversation_id);
    if (handle?.model.receipt(data) === true) handle.changed();
  }

  private mine(data: MeUpdatedData): void {
    const handle = this.findOrAsk(data.conversation_id);
    if (handle?.model.mine(data) !== true) return;
    if (handle.model.behind) this.shared.sync.need(data.conversation_id);
    handle.changed();
  }

  private typing(data: TypingData): void {
    if (data.user_id === this.shared.userId()) return;
    this.conversations.findHandle(data.conversation_id)?.typing.heard(data.user_id, data.state);
  }
}
