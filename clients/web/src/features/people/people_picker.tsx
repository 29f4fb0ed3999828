/** Finds people by name and picks some of them. */
import { useEffect, useState, type ReactNode } from 'react';
import { Check, Search, X } from 'lucide-react';
import type { User } from '@aiim/client';
import { useT } from '@/i18n';
import { useSession } from '@/lib/client';
import { reasonOf } from '@/lib/failures';
import { cx } from '@/ui/cx';
import { Skeleton } from '@/ui/states';
import { UserAvatar } from './avatars';

export interface PeoplePickerProps {
  readonly chosen: readonly User[];
  readonly onChoose: (chosen: readonly User[]) => void;
  /** One press is enough: nobody is collected. */
  readonly single?: boolean;
  /** Not offered. */
  readonly without?: ReadonlySet<string>;
  /** Stands above the people. */
  readonly children?: ReactNode;
}

const pauseMs = 180;
const shownMax = 50;

export function PeoplePicker({ chosen, onChoose, single = false, without, children }: PeoplePickerProps) {
  const t = useT().members;
  const [query, setQuery] = useState('');
  const { people, error } = useFound(query);
  const ids = new Set(chosen.map((user) => user.user_id));
  const shown = people?.filter((user) => without?.has(user.user_id) !== true);
  const toggle = (user: User): void => {
    if (single) onChoose([user]);
    else onChoose(ids.has(user.user_id) ? chosen.filter((each) => each.user_id !== user.user_id) : [...chosen, user]);
  };
  return (
    <div className="flex min-h-0 flex-col gap-3">
      <div className="relative">
        <Search
          aria-hidden
          className="pointer-events-none absolute top-1/2 left-3 size-4 -translate-y-1/2 text-ink-3"
        />
        <input
          type="search"
          autoFocus
          aria-label={t.findPeople}
          placeholder={t.findPeople}
          value={query}
          onChange={(event) => setQuery(event.target.value)}
          className="h-10 w-full rounded-lg border border-line-strong bg-surface pr-3 pl-9 text-base outline-none focus:border-accent focus:ring-3 focus:ring-accent/20"
        />
      </div>
      {chosen.length > 0 && !single && (
        <ul className="flex max-h-24 flex-wrap gap-1.5 overflow-y-auto">
          {chosen.map((user) => (
            <li key={user.user_id}>
              <button
                type="button"
                aria-label={t.unchoose(user.display_name)}
                onClick={() => toggle(user)}
                className="flex h-8 items-center gap-1.5 rounded-full bg-accent-soft pr-2 pl-1 text-sm font-medium text-accent-ink"
              >
                <UserAvatar userId={user.user_id} size={24} />
                <bdi className="max-w-32 truncate">{user.display_name}</bdi>
                <X aria-hidden className="size-3.5" />
              </button>
            </li>
          ))}
        </ul>
      )}
      {children}
      <ul className="-mx-2 h-72 overflow-y-auto" aria-label={t.people}>
        {error !== null && (
          <li role="alert" className="px-2 py-6 text-center text-danger">
            {error}
          </li>
        )}
        {shown === undefined &&
          error === null &&
          [0, 1, 2].map((i) => <Skeleton key={i} className="mx-2 my-2 h-10 rounded-xl" />)}
        {shown?.length === 0 && <li className="py-8 text-center text-ink-3">{t.nobody}</li>}
        {shown?.map((user) => (
          <li key={user.user_id}>
            <button
              type="button"
              aria-pressed={single ? undefined : ids.has(user.user_id)}
              onClick={() => toggle(user)}
              className="flex w-full items-center gap-3 rounded-xl px-2 py-2 text-start hover:bg-hover"
            >
              <UserAvatar userId={user.user_id} size={36} presence ring="border-raised" />
              <span className="min-w-0 flex-1">
                <bdi className="block truncate font-medium">{user.display_name}</bdi>
                <span className="block truncate text-sm text-ink-3">{user.user_id}</span>
              </span>
              {!single && (
                <span
                  aria-hidden
                  className={cx(
                    'flex size-5 items-center justify-center rounded-full border',
                    ids.has(user.user_id) ? 'border-accent bg-accent text-on-accent' : 'border-line-strong',
                  )}
                >
                  {ids.has(user.user_id) && <Check className="size-3.5" strokeWidth={3} />}
                </span>
              )}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

function useFound(query: string): { readonly people: readonly User[] | null; readonly error: string | null } {
  const { client, userId } = useSession();
  const [state, setState] = useState<{ people: readonly User[] | null; error: string | null }>({
    people: null,
    error: null,
  });
  useEffect(() => {
    const abort = new AbortController();
    const timer = setTimeout(
      () => {
        client.users.search(query.trim(), { limit: shownMax, signal: abort.signal }).then(
          (found) => setState({ people: found.filter((user) => user.user_id !== userId), error: null }),
          (cause: unknown) => !abort.signal.aborted && setState({ people: null, error: reasonOf(cause) }),
        );
      },
      query === '' ? 0 : pauseMs,
    );
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [client, query, userId]);
  return state;
}
