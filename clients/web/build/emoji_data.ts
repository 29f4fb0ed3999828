/** `virtual:emoji/<language>`: emoji by group with the words they are found by, cut down from emojibase (MIT). */
import { createRequire } from 'node:module';
import type { Plugin } from 'vite';

const require = createRequire(import.meta.url);
const prefix = 'virtual:emoji/';
/** Newer ones are missing from many systems' fonts. */
const versionMax = 15;
/** emojibase's groups in their order; components (2) are left out, people join the smileys' neighbours. */
const groups = [0, 1, 3, 4, 5, 6, 7, 8, 9];

interface Entry {
  readonly emoji: string;
  readonly label: string;
  readonly tags?: readonly string[];
  readonly group?: number;
  readonly order?: number;
  readonly version: number;
}

function compact(language: string): string {
  const entries = (require(`emojibase-data/${language}/data.json`) as readonly Entry[])
    .filter((entry) => entry.group !== undefined && entry.version <= versionMax)
    .sort((a, b) => (a.order ?? 0) - (b.order ?? 0));
  const lines = groups.map((group) =>
    entries
      .filter((entry) => entry.group === group)
      .map((entry) => [entry.emoji, entry.label, ...(entry.tags ?? [])].join(' ').replaceAll('|', ' '))
      .join('|'),
  );
  return `export default ${JSON.stringify(lines)};`;
}

export function emojiData(): Plugin {
  return {
    name: 'emoji-data',
    resolveId: (id) => (id.startsWith(prefix) ? `\0${id}` : null),
    load: (id) => (id.startsWith(`\0${prefix}`) ? compact(id.slice(prefix.length + 1)) : null),
  };
}
