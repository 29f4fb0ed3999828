import { expect, test } from 'vitest';
import { completionAt, labelled, mentionedIn, replaceRange } from './mentions';

const at = (text: string) => completionAt(text, text.length);

test('an @ at the beginning of a word is completed, within one it is not', () => {
  expect(at('@')).toMatchObject({ kind: 'mention', query: '', from: 0 });
  expect(at('hi @bo')).toMatchObject({ kind: 'mention', query: 'bo', from: 3, to: 6 });
  expect(at('你好，@沈')).toMatchObject({ kind: 'mention', query: '沈', from: 3 });
  expect(at('mail me at bob@exam')).toBeNull();
  expect(at('@bob said')).toBeNull();
});

test('a colon is completed after two letters, so that times and smileys stay', () => {
  expect(at('nice :sm')).toMatchObject({ kind: 'emoji', query: 'sm', from: 5 });
  expect(at('at 7:40')).toBeNull();
  expect(at('nice :)')).toBeNull();
});

test('only the part before the caret counts', () => {
  expect(completionAt('@bo and more', 3)).toMatchObject({ query: 'bo', from: 0, to: 3 });
});

test('what is chosen replaces what was typed', () => {
  expect(replaceRange('hi @bo!', 3, 6, '@Bob Shen ')).toEqual({ text: 'hi @Bob Shen !', caret: 13 });
});

test('a mention counts as long as its label stands in the text, once', () => {
  const chosen = [
    { label: '@Bob', userId: 'bob' },
    { label: '@Ann', userId: 'ann' },
    { label: '@Bob', userId: 'bob' },
  ];
  expect(mentionedIn('@Bob and @Bob', chosen)).toEqual(['bob']);
});

test('an edit keeps the mentions whose names it keeps, also names with blanks, and those that stand nowhere', () => {
  const people = [
    { userId: 'bob', name: 'Bob Shen 沈' },
    { userId: 'ann', name: 'Ann Lee' },
    { userId: 'dora', name: 'Dora' },
  ];
  const before = labelled('@Bob Shen 沈 and @ann, look', people);
  expect(before.map(({ label }) => label)).toEqual(['@Bob Shen 沈', '@ann', '']);
  expect(mentionedIn('@Bob Shen 沈, look', before)).toEqual(['bob', 'dora']);
});
