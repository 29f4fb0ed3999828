/** Pure questions about snapshots, for views. */

import type { ConversationSnapshot, DeliveryState, MessageItem } from './api.js';
import type { MemberRole } from './types.js';

/** The tick of an own message: `queued → sending → sent → delivered → read` (or `failed`); null for others'. */
export function deliveryOf(
  snapshot: Pick<ConversationSnapshot, 'othersReadSeq' | 'othersDeliveredSeq'>,
  item: MessageItem,
): DeliveryState | null {
  if (!item.mine) return null;
  if (item.pending !== null) return item.pending;
  if (item.message.seq <= snapshot.othersReadSeq) return 'read';
  if (item.message.seq <= snapshot.othersDeliveredSeq) return 'delivered';
  return 'sent';
}

/** Which other members have read up to and including a message. */
export function readersOf(snapshot: ConversationSnapshot, item: MessageItem): readonly string[] {
  const readers: string[] = [];
  for (const cursor of snapshot.cursors.values()) {
    if (cursor.read_seq >= item.message.seq && cursor.user_id !== item.message.sender_id) readers.push(cursor.user_id);
  }
  return readers;
}

const ranks: Readonly<Record<MemberRole, number>> = { member: 0, admin: 1, owner: 2 };

/** Whether a role runs a group: renames it, adds people, recalls others' messages. */
export function mayManage(role: MemberRole): boolean {
  return role !== 'member';
}

/** Whether `actor` may give somebody this role. */
export function mayGrant(actor: MemberRole, role: MemberRole): boolean {
  return mayManage(actor) && ranks[role] <= ranks[actor];
}

/** Whether `actor` may remove somebody of the role `target`, or change it. Owners may with everybody, admins with members. */
export function mayGovern(actor: MemberRole, target: MemberRole): boolean {
  return actor === 'owner' || (mayManage(actor) && ranks[target] < ranks[actor]);
}
