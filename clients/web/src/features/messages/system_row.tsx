import type { Message } from '@aiim/client';
import { useT } from '@/i18n';
import { previewOf } from '@/lib/preview';

export function SystemRow({ message }: { readonly message: Message }) {
  const t = useT();
  return (
    <p data-message={message.message_id} data-seq={message.seq} className="px-6 py-2 text-center text-xs text-ink-3">
      {previewOf(message, false, t)}
    </p>
  );
}
