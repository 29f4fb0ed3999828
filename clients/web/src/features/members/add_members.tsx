import { useState } from 'react';
import type { User } from '@aiim/client';
import { PeoplePicker } from '@/features/people';
import { useT } from '@/i18n';
import { useClient } from '@/lib/client';
import { reasonOf } from '@/lib/failures';
import { useSnapshot } from '@/lib/use_snapshot';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { toast } from '@/ui/toasts';

/** Picks people who are not in a group yet, and adds them. */
export function AddMembers({
  conversationId,
  onClose,
}: {
  readonly conversationId: string;
  readonly onClose: () => void;
}) {
  const t = useT();
  const store = useClient().conversation(conversationId);
  const { members } = useSnapshot(store);
  const [chosen, setChosen] = useState<readonly User[]>([]);
  const [busy, setBusy] = useState(false);
  const add = async (): Promise<void> => {
    setBusy(true);
    try {
      await store.addMembers(chosen.map((user) => user.user_id));
      onClose();
    } catch (error) {
      toast(reasonOf(error), 'error');
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={t.members.add}
      size="small"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t.common.cancel}</Button>
          <Button variant="primary" busy={busy} disabled={chosen.length === 0} onClick={() => void add()}>
            {t.members.addCount(chosen.length)}
          </Button>
        </>
      }
    >
      <PeoplePicker chosen={chosen} onChoose={setChosen} without={new Set(members.map((member) => member.user_id))} />
    </Dialog>
  );
}
