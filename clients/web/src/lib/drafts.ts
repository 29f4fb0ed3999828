/** What was begun and not sent, per conversation; kept on this device until it is sent. */
import { useCallback, useSyncExternalStore } from 'react';

export interface Draft {
  readonly text: string;
  /** Who was chosen from the suggestions: the label as written, and whom it means. */
  readonly mentions: readonly { readonly label: string; readonly userId: string }[];
  readonly replyTo: string | null;
}

export const emptyDraft: Draft = { text: '', mentions: [], replyTo: null };

const held = new Map<string, Draft>();
const listeners = new Map<string, Set<() => void>>();

const keyOf = (userId: string, conversationId: string): string => `aiim.draft.${userId}.${conversationId}`;

export function isEmpty(draft: Draft): boolean {
  return draft.text.trim() === '' && draft.replyTo === null;
}

export function readDraft(userId: string, conversationId: string): Draft {
  const key = keyOf(userId, conversationId);
  let draft = held.get(key);
  if (draft === undefined) held.set(key, (draft = parseDraft(localStorage.getItem(key))));
  return draft;
}

export function writeDraft(userId: string, conversationId: string, draft: Draft): void {
  const key = keyOf(userId, conversationId);
  const empty = isEmpty(draft);
  held.set(key, empty ? emptyDraft : draft);
  try {
    if (empty) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(draft));
  } catch {
    // The storage is full: the draft lives as long as the page.
  }
  for (const listener of [...(listeners.get(key) ?? [])]) listener();
}

/** Of one account, when it signs out. */
export function forgetDrafts(userId: string): void {
  const prefix = keyOf(userId, '');
  for (const key of Object.keys(localStorage)) if (key.startsWith(prefix)) localStorage.removeItem(key);
  for (const key of [...held.keys()]) if (key.startsWith(prefix)) held.delete(key);
}

export function parseDraft(text: string | null): Draft {
  if (text === null) return emptyDraft;
  try {
    const value = JSON.parse(text) as Partial<Draft>;
    if (typeof value.text !== 'string') return emptyDraft;
    return {
      text: value.text,
      mentions: Array.isArray(value.mentions) ? value.mentions : [],
      replyTo: value.replyTo ?? null,
    };
  } catch {
    return emptyDraft;
  }
}

export function useDraft(userId: string, conversationId: string): Draft {
  const key = keyOf(userId, conversationId);
  const subscribe = useCallback(
    (listener: () => void) => {
      let set = listeners.get(key);
      if (set === undefined) listeners.set(key, (set = new Set()));
      set.add(listener);
      return () => void set.delete(listener);
    },
    [key],
  );
  return useSyncExternalStore(subscribe, () => readDraft(userId, conversationId));
}
