/** What fits to the "@" or ":" at the caret. The field keeps the focus; its keys come here first. */
import { useEffect, useImperativeHandle, useMemo, useState, type KeyboardEvent, type ReactNode, type Ref } from 'react';
import type { ConversationMember } from '@aiim/client';
import { loadEmoji, noteRecent, searchEmoji } from '@/features/emoji';
import { UserAvatar, useNames } from '@/features/people';
import { useT } from '@/i18n';
import { useSession } from '@/lib/client';
import type { Draft } from '@/lib/drafts';
import { cx } from '@/ui/cx';
import type { Completion } from './mentions';

export interface SuggestionsHandle {
  /** Whether the key was meant for the suggestions. */
  key(event: KeyboardEvent): boolean;
}

export interface SuggestionsProps {
  readonly ref?: Ref<SuggestionsHandle>;
  readonly completion: Completion;
  readonly members: readonly ConversationMember[];
  readonly onChoose: (text: string, mention?: Draft['mentions'][number]) => void;
  readonly onNothing: () => void;
}

interface Option {
  readonly key: string;
  readonly text: string;
  readonly view: ReactNode;
  readonly mention?: Draft['mentions'][number];
}

const shownMax = 8;

export function Suggestions({ ref, completion, members, onChoose }: SuggestionsProps) {
  const t = useT().composer;
  const people = usePeople(completion, members);
  const emoji = useEmoji(completion);
  const options = completion.kind === 'mention' ? people : emoji;
  const [at, setAt] = useState(0);
  useEffect(() => setAt(0), [completion.query, completion.kind]);
  const choose = (option: Option): void => {
    if (completion.kind === 'emoji') noteRecent(option.text);
    onChoose(option.text, option.mention);
  };
  useImperativeHandle(ref, () => ({
    key(event) {
      if (options.length === 0) return false;
      if (event.key === 'ArrowDown') setAt((at + 1) % options.length);
      else if (event.key === 'ArrowUp') setAt((at + options.length - 1) % options.length);
      else if ((event.key === 'Enter' || event.key === 'Tab') && !event.shiftKey)
        choose(options[Math.min(at, options.length - 1)] as Option);
      else return false;
      event.preventDefault();
      return true;
    },
  }));
  if (options.length === 0) return null;
  return (
    <ul
      id="suggestions"
      role="listbox"
      aria-label={t.suggestions}
      className="absolute bottom-full left-0 z-20 mb-2 max-h-80 w-80 max-w-full animate-pop overflow-y-auto rounded-xl border border-line bg-raised p-1.5 shadow-float"
    >
      {options.map((option, i) => (
        <li
          key={option.key}
          role="option"
          aria-selected={i === at}
          // The field keeps the focus.
          onPointerDown={(event) => event.preventDefault()}
          onPointerMove={() => setAt(i)}
          onClick={() => choose(option)}
          className={cx('flex cursor-pointer items-center gap-2.5 rounded-lg px-2.5 py-1.5', i === at && 'bg-hover')}
        >
          {option.view}
        </li>
      ))}
    </ul>
  );
}

function usePeople(completion: Completion, members: readonly ConversationMember[]): readonly Option[] {
  const { userId } = useSession();
  const ids = useMemo(() => members.map((member) => member.user_id).filter((id) => id !== userId), [members, userId]);
  const names = useNames(completion.kind === 'mention' ? ids : []);
  return useMemo(() => {
    const query = completion.query.toLowerCase();
    const found: Option[] = [];
    for (const [i, name] of names.entries()) {
      const id = ids[i] as string;
      const fits =
        query === '' ||
        id.toLowerCase().startsWith(query) ||
        name
          .toLowerCase()
          .split(/\s+/)
          .some((word) => word.startsWith(query)) ||
        (/\P{ASCII}/u.test(query) && name.includes(query));
      if (!fits) continue;
      const label = `@${name}`;
      const view = (
        <>
          <UserAvatar userId={id} size={28} presence />
          <span className="min-w-0 flex-1 truncate font-medium">{name}</span>
          <span className="max-w-28 truncate text-sm text-ink-3">{id}</span>
        </>
      );
      found.push({ key: id, text: label, mention: { label, userId: id }, view });
      if (found.length >= shownMax) break;
    }
    return found;
  }, [completion.query, names, ids]);
}

function useEmoji(completion: Completion): readonly Option[] {
  const [options, setOptions] = useState<readonly Option[]>([]);
  const { kind, query } = completion;
  useEffect(() => {
    if (kind !== 'emoji') return;
    let wanted = true;
    void loadEmoji().then((groups) => {
      if (!wanted) return;
      setOptions(
        searchEmoji(groups, query, shownMax).map(({ emoji, words }) => ({
          key: emoji,
          text: emoji,
          view: (
            <>
              <span className="text-xl leading-none">{emoji}</span>
              <span className="min-w-0 truncate text-sm">{words.split(' ').slice(0, 4).join(' ')}</span>
            </>
          ),
        })),
      );
    });
    return () => void (wanted = false);
  }, [kind, query]);
  return kind === 'emoji' ? options : [];
}
