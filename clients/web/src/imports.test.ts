import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';

const root = import.meta.dirname;
const sources = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
  (name) => /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name),
);

/** What each folder may import; features see each other's index only (`markdown` shows its leaves too). */
const may: Readonly<Record<string, readonly string[]>> = {
  app: ['features', 'ui', 'lib', 'i18n'],
  features: ['features', 'ui', 'lib', 'i18n'],
  ui: ['i18n'],
  lib: ['i18n'],
  i18n: [],
};

function importsOf(name: string): readonly string[] {
  const text = readFileSync(join(root, name), 'utf8');
  const found = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] as string);
  return found.flatMap((target) =>
    target.startsWith('@/')
      ? [target.slice(2)]
      : target.startsWith('.')
        ? [relative(root, join(root, dirname(name), target))]
        : [],
  );
}

test('imports run one way', () => {
  const wrong: string[] = [];
  for (const name of sources) {
    const [folder = '', feature = ''] = name.split('/');
    if (may[folder] === undefined) continue; // virtual.d.ts
    for (const target of importsOf(name)) {
      const [toFolder = '', toFeature = '', inside] = target.split('/');
      if (toFolder === folder && (folder !== 'features' || toFeature === feature)) continue;
      if (!may[folder]?.includes(toFolder)) wrong.push(`${name} imports ${target}`);
      // The overlays are chunks of their own, below their features' indexes.
      else if (
        toFolder === 'features' &&
        inside !== undefined &&
        toFeature !== 'markdown' &&
        name !== 'app/overlays.tsx'
      )
        wrong.push(`${name} looks inside ${target}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(sources.length).toBeGreaterThan(50);
});

test('features build on each other without circles', () => {
  const uses = new Map<string, Set<string>>();
  for (const name of sources) {
    const [folder, feature = ''] = name.split('/');
    if (folder !== 'features') continue;
    for (const target of importsOf(name)) {
      const [toFolder, toFeature = ''] = target.split('/');
      if (toFolder === 'features' && toFeature !== feature)
        uses.set(feature, (uses.get(feature) ?? new Set()).add(toFeature));
    }
  }
  const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
    [...(uses.get(from) ?? [])].some((next) => next === to || (!seen.has(next) && reaches(next, to, seen.add(next))));
  expect([...uses.keys()].filter((feature) => reaches(feature, feature))).toEqual([]);
});

test('no view makes HTML, and no component names a colour', () => {
  for (const name of sources) {
    const text = readFileSync(join(root, name), 'utf8');
    expect(text, name).not.toMatch(/dangerouslySetInnerHTML|innerHTML|<style/);
  }
});
