import { CornerUpLeft, Pencil, X } from 'lucide-react';
import { useEffect, useState } from 'react';
import type { ConversationStore, Message } from '@aiim/client';
import { useUserName } from '@/features/people';
import { useT } from '@/i18n';
import { useSession } from '@/lib/client';
import { previewOf } from '@/lib/preview';
import { IconButton } from '@/ui/button';

export interface ComposerContextProps {
  readonly store: ConversationStore;
  readonly replyTo: string | null;
  readonly editing: Message | null;
  readonly onCancel: () => void;
}

/** Above the field: the message that is answered or edited. */
export function ComposerContext({ store, replyTo, editing, onCancel }: ComposerContextProps) {
  const t = useT();
  const { userId } = useSession();
  const [fetched, setFetched] = useState<Message | null>(null);
  const original = editing ?? (replyTo === null ? null : (store.findMessage(replyTo) ?? fetched));
  useEffect(() => {
    if (replyTo === null || store.findMessage(replyTo) !== null) return;
    let wanted = true;
    store.message(replyTo).then(
      (message) => wanted && setFetched(message),
      () => undefined,
    );
    return () => void (wanted = false);
  }, [store, replyTo]);
  const name = useUserName(original?.sender_id ?? '');
  if (editing === null && replyTo === null) return null;
  return (
    <div className="flex animate-fade items-center gap-3 border-b border-line py-1.5 pr-1.5 pl-3.5">
      <span aria-hidden className="text-accent-ink [&>svg]:size-4.5">
        {editing === null ? <CornerUpLeft /> : <Pencil />}
      </span>
      <span className="min-w-0 flex-1 text-sm">
        <span className="block truncate font-semibold text-accent-ink">
          {editing !== null
            ? t.composer.editing
            : t.composer.replyingTo(original?.sender_id === userId ? t.common.you : name)}
        </span>
        <span dir="auto" className="block truncate text-ink-3">
          {original === null ? '…' : previewOf(original, original.sender_id === userId, t) || '…'}
        </span>
      </span>
      <IconButton
        label={editing === null ? t.composer.cancelReply : t.composer.cancelEdit}
        size="small"
        onClick={onCancel}
      >
        <X />
      </IconButton>
    </div>
  );
}
