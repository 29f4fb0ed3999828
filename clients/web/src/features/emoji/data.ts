/** The emoji that can be picked, with the words they are found by in the chosen language. Loaded when first needed. */
import { locale, type Locale } from '@/i18n';

export interface Emoji {
  readonly emoji: string;
  readonly words: string;
}

export const groupKeys = [
  'smileys',
  'people',
  'nature',
  'food',
  'travel',
  'activities',
  'objects',
  'symbols',
  'flags',
] as const;
export type GroupKey = (typeof groupKeys)[number];

export interface EmojiGroup {
  readonly key: GroupKey;
  readonly emoji: readonly Emoji[];
}

const loading = new Map<Locale, Promise<readonly EmojiGroup[]>>();

export function loadEmoji(): Promise<readonly EmojiGroup[]> {
  const language = locale();
  let groups = loading.get(language);
  if (groups === undefined) loading.set(language, (groups = read(language)));
  return groups;
}

async function read(language: Locale): Promise<readonly EmojiGroup[]> {
  const { default: texts } = await (language === 'en' ? import('virtual:emoji/en') : import('virtual:emoji/zh'));
  return groupKeys.map((key, i) => ({
    key,
    emoji: (texts[i] ?? '').split('|').map((entry) => {
      const space = entry.indexOf(' ');
      return { emoji: entry.slice(0, space), words: entry.slice(space + 1).toLowerCase() };
    }),
  }));
}

/** Those whose words begin with every word of the query; whole first words go first. Pure. */
export function searchEmoji(groups: readonly EmojiGroup[], query: string, limit: number): readonly Emoji[] {
  const wanted = query
    .toLowerCase()
    .split(/[\s_]+/)
    .filter(Boolean);
  if (wanted.length === 0) return [];
  const first = wanted[0] as string;
  const starting: Emoji[] = [];
  const others: Emoji[] = [];
  for (const group of groups) {
    for (const emoji of group.emoji) {
      const { words } = emoji;
      if (
        !wanted.every(
          (word) =>
            words.startsWith(word) || words.includes(` ${word}`) || (/\P{ASCII}/u.test(word) && words.includes(word)),
        )
      )
        continue;
      (words.startsWith(first) ? starting : others).push(emoji);
      if (starting.length >= limit) return starting;
    }
  }
  return [...starting, ...others].slice(0, limit);
}
