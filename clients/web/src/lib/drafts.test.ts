import { expect, test } from 'vitest';
import { emptyDraft, isEmpty, parseDraft } from './drafts';

test('a draft comes back as it was stored, and rubbish is no draft', () => {
  const draft = { text: 'half a sent', mentions: [{ label: '@Bob', userId: 'bob' }], replyTo: 'm1' };
  expect(parseDraft(JSON.stringify(draft))).toEqual(draft);
  expect(parseDraft('{"text":3}')).toBe(emptyDraft);
  expect(parseDraft('{"text":')).toBe(emptyDraft);
  expect(parseDraft(null)).toBe(emptyDraft);
});

test('blanks alone are no draft, an answer begun is one', () => {
  expect(isEmpty({ ...emptyDraft, text: ' \n' })).toBe(true);
  expect(isEmpty({ ...emptyDraft, replyTo: 'm1' })).toBe(false);
});
