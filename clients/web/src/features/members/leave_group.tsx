import { useState } from 'react';
import { useLocation } from 'wouter';
import { useT } from '@/i18n';
import { useClient } from '@/lib/client';
import { reasonOf } from '@/lib/failures';
import { routes } from '@/lib/routes';
import { Confirm } from '@/ui/confirm';
import { toast } from '@/ui/toasts';

export function LeaveGroup({
  conversationId,
  onClose,
}: {
  readonly conversationId: string;
  readonly onClose: () => void;
}) {
  const t = useT().members;
  const client = useClient();
  const [busy, setBusy] = useState(false);
  const [, navigate] = useLocation();
  const leave = async (): Promise<void> => {
    setBusy(true);
    try {
      await client.conversation(conversationId).leave();
      navigate(routes.home);
    } catch (error) {
      toast(reasonOf(error), 'error');
    }
    onClose();
  };
  return (
    <Confirm
      title={t.leaveTitle}
      text={t.leaveText}
      action={t.leave}
      danger
      busy={busy}
      onConfirm={() => void leave()}
      onClose={onClose}
    />
  );
}
