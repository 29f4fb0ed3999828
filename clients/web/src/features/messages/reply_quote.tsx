import { useEffect, useState } from 'react';
import type { Message } from '@aiim/client';
import { useUserName } from '@/features/people';
import { useT } from '@/i18n';
import { previewOf } from '@/lib/preview';
import { cx } from '@/ui/cx';
import { useMessages } from './context';

/** The message that is answered, in one line; a press shows it in its place. */
export function ReplyQuote({ messageId, mine }: { readonly messageId: string; readonly mine: boolean }) {
  const t = useT();
  const { store, actions, userId } = useMessages();
  const [fetched, setFetched] = useState<Message | null>(null);
  const original = store.findMessage(messageId) ?? fetched;
  const missing = original === null;
  useEffect(() => {
    if (!missing) return;
    let wanted = true;
    store.message(messageId).then(
      (message) => wanted && setFetched(message),
      () => undefined, // the quote stays without its text
    );
    return () => void (wanted = false);
  }, [store, messageId, missing]);
  const name = useUserName(original?.sender_id ?? '');
  return (
    <button
      type="button"
      data-tip={t.messages.showOriginal}
      onClick={() => actions.jumpTo(messageId)}
      className={cx(
        'mb-1.5 block w-full max-w-full min-w-0 rounded-lg border-s-3 border-accent py-1 ps-2.5 pe-3 text-start text-sm',
        mine ? 'bg-accent/10' : 'bg-hover',
      )}
    >
      <span className="block truncate font-semibold text-accent-ink">
        {original === null ? t.messages.replyGone : original.sender_id === userId ? t.common.you : name}
      </span>
      <span dir="auto" className="block truncate text-ink-2">
        {original === null ? '…' : previewOf(original, original.sender_id === userId, t) || '…'}
      </span>
    </button>
  );
}
