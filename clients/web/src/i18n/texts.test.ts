import { expect, test } from 'vitest';
import { en } from './en';
import { zhCn } from './zh_cn';

/** Every text by its path; functions called with a number and a name. */
function flat(value: unknown, path = ''): readonly [string, string][] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value === 'function') return [[path, String((value as (...args: unknown[]) => string)(2, 3))]];
  return Object.entries(value as object).flatMap(([key, each]) => flat(each, `${path}.${key}`));
}

test('no language lacks a text, and none is empty', () => {
  expect(flat(zhCn).map(([path]) => path)).toEqual(flat(en).map(([path]) => path));
  for (const [path, text] of [...flat(en), ...flat(zhCn)]) expect(text.trim(), path).not.toBe('');
});

test('Chinese texts are Chinese', () => {
  const same = flat(zhCn).filter(([, text]) => !/\p{Script=Han}/u.test(text) && /\p{L}{3}/u.test(text));
  expect(same.filter(([path]) => path !== '.messages.pageTitle')).toEqual([]);
});
