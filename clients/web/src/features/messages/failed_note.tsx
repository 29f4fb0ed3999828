import { CircleAlert } from 'lucide-react';
import type { MessageItem } from '@aiim/client';
import { useT } from '@/i18n';
import { reasonOf } from '@/lib/failures';
import { useMessages } from './context';

/** Under a message that did not leave: why, and what to do. */
export function FailedNote({ item }: { readonly item: MessageItem }) {
  const t = useT().messages;
  const { store } = useMessages();
  return (
    <p role="alert" className="flex flex-wrap items-center justify-end gap-x-2 px-1 pt-1 text-xs text-danger">
      <CircleAlert aria-hidden className="size-3.5" />
      <span>
        {t.failed}
        {item.error !== null && `: ${reasonOf(item.error)}`}
      </span>
      <button
        type="button"
        className="font-semibold underline underline-offset-2"
        onClick={() => store.retry(item.key)}
      >
        {t.retrySend}
      </button>
      <button
        type="button"
        className="font-semibold underline underline-offset-2"
        onClick={() => store.discard(item.key)}
      >
        {t.discard}
      </button>
    </p>
  );
}
