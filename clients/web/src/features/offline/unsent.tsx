import { CheckCheck } from 'lucide-react';
import type { OutboxItem } from '@aiim/client';
import { useConversationTitle } from '@/features/people';
import { useT } from '@/i18n';
import { useClient } from '@/lib/client';
import { reasonOf } from '@/lib/failures';
import { plainText } from '@/lib/preview';
import { useSnapshot } from '@/lib/use_snapshot';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { EmptyState } from '@/ui/states';

/** The messages that have not left: in which order they will, and what became of those that failed. */
export function Unsent({ onClose }: { readonly onClose: () => void }) {
  const t = useT();
  const { outbox } = useClient();
  const items = useSnapshot(outbox);
  const failed = items.some((item) => item.state === 'failed');
  return (
    <Dialog
      title={t.offline.unsentTitle}
      size="medium"
      onClose={onClose}
      footer={failed && <Button onClick={() => outbox.retryAll()}>{t.offline.retryAll}</Button>}
    >
      {items.length === 0 && <EmptyState icon={<CheckCheck />} title={t.offline.nothingUnsent} />}
      <ul className="divide-y divide-line">
        {items.map((item) => (
          <Item key={item.clientMsgId} item={item} />
        ))}
      </ul>
    </Dialog>
  );
}

function Item({ item }: { readonly item: OutboxItem }) {
  const t = useT();
  const client = useClient();
  const title = useConversationTitle(useSnapshot(client.conversation(item.conversationId)).conversation);
  const text = typeof item.content.text === 'string' ? plainText(item.content.text) : item.type;
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 py-2.5">
      <span className="min-w-40 flex-1">
        <span dir="auto" className="block truncate">
          {text}
        </span>
        <span className="block truncate text-sm text-ink-3">
          <bdi>{title}</bdi> ·{' '}
          {item.state === 'failed' ? (
            <span className="text-danger">{reasonOf(item.error)}</span>
          ) : (
            t.messages[item.state]
          )}
        </span>
      </span>
      {item.state === 'failed' && (
        <Button size="small" onClick={() => client.outbox.retry(item.clientMsgId)}>
          {t.messages.retrySend}
        </Button>
      )}
      <Button size="small" variant="ghost" onClick={() => client.outbox.discard(item.clientMsgId)}>
        {t.messages.discard}
      </Button>
    </li>
  );
}
