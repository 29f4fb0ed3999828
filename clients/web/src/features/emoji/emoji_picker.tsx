/** All emoji, by group and by search; arrows move, Enter picks. */
import { useEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { Search } from 'lucide-react';
import { useT } from '@/i18n';
import { Floating } from '@/ui/floating';
import type { Anchor } from '@/ui/place';
import { loadEmoji, searchEmoji, type Emoji, type EmojiGroup } from './data';
import { noteRecent, recentEmoji } from './recent';

export interface EmojiPickerProps {
  readonly anchor: Anchor;
  readonly onClose: () => void;
  readonly onPick: (emoji: string) => void;
}

const columns = 8;
const foundMax = 80;

interface Section {
  readonly key: string;
  readonly title: string;
  readonly emoji: readonly Emoji[];
}

export function EmojiPicker({ anchor, onClose, onPick }: EmojiPickerProps) {
  const t = useT().composer;
  const [groups, setGroups] = useState<readonly EmojiGroup[]>([]);
  const [query, setQuery] = useState('');
  const grid = useRef<HTMLDivElement>(null);
  const [recent] = useState(() => recentEmoji().map((emoji) => ({ emoji, words: '' })));
  useEffect(() => void loadEmoji().then(setGroups), []);
  const sections = useMemo<readonly Section[]>(() => {
    if (query.trim() !== '') return [{ key: 'found', title: '', emoji: searchEmoji(groups, query, foundMax) }];
    return [
      { key: 'recent', title: t.emojiRecent, emoji: recent },
      ...groups.map((group) => ({ ...group, title: t.groups[group.key] })),
    ];
  }, [groups, query, recent, t]);

  const pick = (emoji: string): void => {
    noteRecent(emoji);
    onPick(emoji);
  };
  const move = (event: KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
    const buttons = [...(grid.current?.querySelectorAll<HTMLElement>('[data-emoji]') ?? [])];
    const at = buttons.indexOf(document.activeElement as HTMLElement);
    if (event.key === 'Enter' && at === -1 && buttons[0] !== undefined) {
      event.preventDefault();
      pick(buttons[0].dataset.emoji ?? '');
      return;
    }
    if (step === undefined || (at === -1 && event.key !== 'ArrowDown')) return;
    event.preventDefault();
    const to = at === -1 ? 0 : at + step;
    if (to < 0) grid.current?.parentElement?.querySelector('input')?.focus();
    else buttons[Math.min(to, buttons.length - 1)]?.focus();
  };

  return (
    <Floating
      anchor={anchor}
      onClose={onClose}
      side="above"
      align="end"
      sheet
      role="dialog"
      aria-label={t.emoji}
      onKeyDown={move}
      className="flex h-92 w-85 max-w-[calc(100vw-1rem)] flex-col overflow-hidden p-0 [&:not(:popover-open)]:hidden"
    >
      <div className="relative shrink-0 p-2">
        <Search aria-hidden className="absolute top-1/2 left-4.5 size-4 -translate-y-1/2 text-ink-3" />
        <input
          data-autofocus
          type="search"
          aria-label={t.emojiSearch}
          placeholder={t.emojiSearch}
          value={query}
          onChange={(event) => setQuery(event.target.value)}
          className="h-9 w-full rounded-lg bg-sunken pr-3 pl-8.5 text-base outline-none focus:ring-2 focus:ring-accent/40"
        />
      </div>
      <div ref={grid} className="min-h-0 flex-1 overflow-y-auto px-2 pb-2">
        {sections.map((section) => (
          <section
            key={section.key}
            aria-label={section.title || t.emojiSearch}
            className="[content-visibility:auto] [contain-intrinsic-size:auto_18rem]"
          >
            {section.title && (
              <p aria-hidden className="sticky top-0 bg-raised px-1 py-1 text-xs font-medium text-ink-3">
                {section.title}
              </p>
            )}
            <div className="grid grid-cols-8">
              {section.emoji.map(({ emoji, words }) => (
                <button
                  key={emoji}
                  type="button"
                  data-emoji={emoji}
                  aria-label={words ? `${emoji} ${words.split(' ').slice(0, 4).join(' ')}` : emoji}
                  onClick={() => pick(emoji)}
                  className="flex aspect-square items-center justify-center rounded-lg text-[1.35rem] leading-none outline-none hover:bg-hover focus-visible:bg-active"
                >
                  {emoji}
                </button>
              ))}
            </div>
          </section>
        ))}
        {query.trim() !== '' && sections[0]?.emoji.length === 0 && (
          <p className="py-10 text-center text-ink-3">{t.emojiNone}</p>
        )}
      </div>
    </Floating>
  );
}
