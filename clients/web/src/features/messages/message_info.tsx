/** Who received and read a message, and when. */
import { useEffect, useState } from 'react';
import type { MessageReceipt } from '@aiim/client';
import { UserAvatar, useUserName } from '@/features/people';
import { useT } from '@/i18n';
import { useClient } from '@/lib/client';
import { reasonOf } from '@/lib/failures';
import { clockTime, dayName } from '@/lib/time';
import { Dialog } from '@/ui/dialog';
import { Skeleton } from '@/ui/states';
import { Tick } from '@/ui/tick';

export interface MessageInfoProps {
  readonly conversationId: string;
  readonly messageId: string;
  readonly onClose: () => void;
}

export function MessageInfo({ conversationId, messageId, onClose }: MessageInfoProps) {
  const t = useT().messages;
  const client = useClient();
  const [receipts, setReceipts] = useState<readonly MessageReceipt[] | null>(null);
  const [error, setError] = useState<string | null>(null);
  useEffect(() => {
    let wanted = true;
    client
      .conversation(conversationId)
      .receipts(messageId)
      .then(
        (answer) => wanted && setReceipts(answer.receipts.filter((each) => each.user_id !== client.me.userId)),
        (cause: unknown) => wanted && setError(reasonOf(cause)),
      );
    return () => void (wanted = false);
  }, [client, conversationId, messageId]);
  const read = receipts?.filter((each) => each.read_at !== null) ?? [];
  const delivered = receipts?.filter((each) => each.read_at === null && each.delivered_at !== null) ?? [];
  const waiting = receipts?.filter((each) => each.read_at === null && each.delivered_at === null) ?? [];
  return (
    <Dialog title={t.info} size="small" onClose={onClose}>
      {error !== null && (
        <p role="alert" className="text-danger">
          {error}
        </p>
      )}
      {receipts === null && error === null && <Skeleton className="h-12 w-full rounded-xl" />}
      <People title={t.infoRead} state="read" receipts={read} />
      <People title={t.infoDelivered} state="delivered" receipts={delivered} />
      <People title={t.infoNothing} state="sent" receipts={waiting} />
    </Dialog>
  );
}

interface PeopleProps {
  readonly title: string;
  readonly state: 'read' | 'delivered' | 'sent';
  readonly receipts: readonly MessageReceipt[];
}

function People({ title, state, receipts }: PeopleProps) {
  if (receipts.length === 0) return null;
  return (
    <section className="pb-3">
      <h3 className="flex items-center gap-1.5 py-1.5 text-sm font-medium text-ink-3">
        <Tick state={state} />
        {title}
      </h3>
      <ul>
        {receipts.map((receipt) => (
          <Person key={receipt.user_id} userId={receipt.user_id} at={receipt.read_at ?? receipt.delivered_at} />
        ))}
      </ul>
    </section>
  );
}

function Person({ userId, at }: { readonly userId: string; readonly at: string | null }) {
  const name = useUserName(userId);
  return (
    <li className="flex items-center gap-3 py-1.5">
      <UserAvatar userId={userId} size={32} />
      <bdi className="min-w-0 flex-1 truncate">{name}</bdi>
      {at !== null && (
        <time dateTime={at} className="text-sm text-ink-3">
          {dayName(at)} {clockTime(at)}
        </time>
      )}
    </li>
  );
}
