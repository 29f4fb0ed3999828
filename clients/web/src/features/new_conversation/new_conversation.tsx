/** Finds people and begins a conversation with one of them. */
import { useEffect, useState } from 'react';
import { useLocation } from 'wouter';
import type { User } from '@aiim/client';
import { UserAvatar } from '@/features/people';
import { useT } from '@/i18n';
import { useSession } from '@/lib/client';
import { reasonOf } from '@/lib/failures';
import { routes } from '@/lib/routes';
import { Dialog } from '@/ui/dialog';
import { TextField } from '@/ui/field';

const pauseMs = 200;

export function NewConversation({ onClose }: { readonly onClose: () => void }) {
  const t = useT().members;
  const { client, userId } = useSession();
  const [, navigate] = useLocation();
  const [query, setQuery] = useState('');
  const [people, setPeople] = useState<readonly User[] | null>(null);
  const [error, setError] = useState<string | null>(null);

  useEffect(() => {
    const abort = new AbortController();
    const timer = setTimeout(() => {
      client.users.search(query, { limit: 30, signal: abort.signal }).then(
        (found) => {
          setPeople(found.filter((user) => user.user_id !== userId));
          setError(null);
        },
        (cause: unknown) => !abort.signal.aborted && setError(reasonOf(cause)),
      );
    }, pauseMs);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [client, query, userId]);

  const open = async (user: User): Promise<void> => {
    try {
      const { id } = await client.conversations.direct(user.user_id);
      onClose();
      navigate(routes.conversation(id));
    } catch (cause) {
      setError(reasonOf(cause));
    }
  };

  return (
    <Dialog title={t.newTitle} onClose={onClose} size="small">
      <TextField
        label={t.findPeople}
        value={query}
        onChange={(event) => setQuery(event.target.value)}
        error={error}
        autoFocus
      />
      <ul className="mt-3 h-80 overflow-y-auto">
        {people?.length === 0 && <li className="py-8 text-center text-ink-3">{t.nobody}</li>}
        {people?.map((user) => (
          <li key={user.user_id}>
            <button
              type="button"
              onClick={() => void open(user)}
              className="flex w-full items-center gap-3 rounded-xl px-2 py-2 text-left hover:bg-hover"
            >
              <UserAvatar userId={user.user_id} size={36} presence />
              <span className="min-w-0">
                <span className="block truncate font-medium">{user.display_name}</span>
                <span className="block truncate text-sm text-ink-3">{user.user_id}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
