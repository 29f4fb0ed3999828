/** A conversation with one person, by one press; or a group, with a name. */
import { useState } from 'react';
import { Users } from 'lucide-react';
import { useLocation } from 'wouter';
import type { CreateConversationRequest, User } from '@aiim/client';
import { PeoplePicker } from '@/features/people';
import { useT } from '@/i18n';
import { useClient } from '@/lib/client';
import { reasonOf } from '@/lib/failures';
import { routes } from '@/lib/routes';
import { Button } from '@/ui/button';
import { Dialog } from '@/ui/dialog';
import { TextField } from '@/ui/field';

const nameMax = 100;

export function NewConversation({ onClose }: { readonly onClose: () => void }) {
  const t = useT();
  const client = useClient();
  const [, navigate] = useLocation();
  const [group, setGroup] = useState(false);
  const [chosen, setChosen] = useState<readonly User[]>([]);
  const [name, setName] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);

  const create = async (request: CreateConversationRequest): Promise<void> => {
    if (busy) return;
    setBusy(true);
    setError(null);
    try {
      const { id } = await client.conversations.create(request);
      onClose();
      navigate(routes.conversation(id));
    } catch (cause) {
      setError(reasonOf(cause));
      setBusy(false);
    }
  };
  const choose = (people: readonly User[]): void => {
    if (group) setChosen(people);
    else if (people[0] !== undefined) void create({ type: 'direct', member_ids: [people[0].user_id] });
  };
  const createGroup = (): void => {
    const named = name.trim();
    void create({
      type: 'group',
      ...(named !== '' && { name: named }),
      member_ids: chosen.map((user) => user.user_id),
    });
  };

  return (
    <Dialog
      title={group ? t.members.newGroup : t.members.newTitle}
      size="small"
      onClose={onClose}
      footer={
        group && (
          <>
            <Button onClick={() => setGroup(false)}>{t.common.back}</Button>
            <Button variant="primary" busy={busy} disabled={chosen.length === 0} onClick={createGroup}>
              {t.members.createGroup(chosen.length)}
            </Button>
          </>
        )
      }
    >
      {group && (
        <TextField
          label={t.members.groupName}
          value={name}
          maxLength={nameMax}
          onChange={(event) => setName(event.target.value)}
          className="mb-4"
        />
      )}
      <PeoplePicker key={String(group)} chosen={chosen} onChoose={choose} single={!group}>
        {!group && (
          <button
            type="button"
            onClick={() => setGroup(true)}
            className="-mx-2 flex items-center gap-3 rounded-xl px-2 py-2 text-start font-medium hover:bg-hover"
          >
            <span
              aria-hidden
              className="flex size-9 items-center justify-center rounded-[28%] bg-accent-soft text-accent-ink [&>svg]:size-5"
            >
              <Users />
            </span>
            {t.members.newGroup}
          </button>
        )}
      </PeoplePicker>
      {error !== null && (
        <p role="alert" className="text-sm text-danger">
          {error}
        </p>
      )}
    </Dialog>
  );
}
