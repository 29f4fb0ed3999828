import { expect, test } from 'vitest';
import { nextCut } from './smooth_text';

test('a cut never falls within a sign', () => {
  const text = '一👨‍👩‍👧‍👦二e\u0301三🇩🇪四';
  const whole = [...new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(text)].map(({ index }) => index);
  const cuts: number[] = [];
  for (let at = 0; at < text.length;) cuts.push((at = nextCut(text, at, 1)));
  expect(cuts.every((cut) => cut === text.length || whole.includes(cut))).toBe(true);
  expect(cuts.length).toBe(whole.length);
});

test('every cut goes on, and the last one is the end', () => {
  expect(nextCut('hello', 2, 0.2)).toBe(3);
  expect(nextCut('hello', 2, 50)).toBe(5);
});
