/** Who a text mentions, and what is being completed at the caret. Pure. */
import type { Draft } from '@/lib/drafts';

export interface Completion {
  readonly kind: 'mention' | 'emoji';
  /** What was typed after the mark. */
  readonly query: string;
  /** Where the mark stands, and where the caret does. */
  readonly from: number;
  readonly to: number;
}

const queryMax = 32;

/** The "@name" or ":name" that ends at the caret, if one is being typed. */
export function completionAt(text: string, caret: number): Completion | null {
  const before = text.slice(Math.max(0, caret - queryMax - 1), caret);
  const mention = /(?:^|[\s(（，。、])@([^\s@:]{0,30})$/u.exec(before);
  if (mention !== null)
    return { kind: 'mention', query: mention[1] ?? '', from: caret - (mention[1] ?? '').length - 1, to: caret };
  const emoji = /(?:^|\s):([a-z0-9_+\-\p{Script=Han}]{2,30})$/iu.exec(before);
  if (emoji !== null)
    return { kind: 'emoji', query: emoji[1] ?? '', from: caret - (emoji[1] ?? '').length - 1, to: caret };
  return null;
}

export function replaceRange(
  text: string,
  from: number,
  to: number,
  by: string,
): { readonly text: string; readonly caret: number } {
  return { text: text.slice(0, from) + by + text.slice(to), caret: from + by.length };
}

/** The ids of those whose label still stands in the text. */
export function mentionedIn(text: string, mentions: Draft['mentions']): readonly string[] {
  return [...new Set(mentions.filter(({ label }) => text.includes(label)).map(({ userId }) => userId))];
}

/**
 * The mentions that a message already has, as they stand in its text: an edit keeps those whose label it keeps. One that
 * stands nowhere in the text (a bot's, say) stays.
 */
export function labelled(
  text: string,
  mentioned: readonly { readonly userId: string; readonly name: string }[],
): Draft['mentions'] {
  return mentioned.map(({ userId, name }) => ({
    userId,
    label: [`@${name}`, `@${userId}`].find((label) => text.includes(label)) ?? '',
  }));
}
