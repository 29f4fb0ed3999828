import { useState } from 'react';
import { useT } from '@/i18n';
import { useClient } from '@/lib/client';
import { reasonOf } from '@/lib/failures';
import { Confirm } from '@/ui/confirm';
import { toast } from '@/ui/toasts';

export interface RecallProps {
  readonly conversationId: string;
  readonly messageId: string;
  readonly onClose: () => void;
}

export function Recall({ conversationId, messageId, onClose }: RecallProps) {
  const t = useT().messages;
  const client = useClient();
  const [busy, setBusy] = useState(false);
  const recall = async (): Promise<void> => {
    setBusy(true);
    try {
      await client.conversation(conversationId).recall(messageId);
    } catch (error) {
      toast(reasonOf(error), 'error');
    }
    onClose();
  };
  return (
    <Confirm
      title={t.recallTitle}
      text={t.recallText}
      action={t.recall}
      danger
      busy={busy}
      onConfirm={() => void recall()}
      onClose={onClose}
    />
  );
}
