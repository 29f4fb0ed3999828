/** Which conversations a filter and a search leave. Pure. */
import type { ConversationSummary } from '@aiim/client';

export type ListFilter = 'all' | 'unread' | 'mentions' | 'groups';

/** Case, width and accents do not matter. */
export function folded(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}

export function matches(
  item: ConversationSummary,
  filter: ListFilter,
  query: string,
  textOf: (item: ConversationSummary) => string,
): boolean {
  if (filter === 'unread' && item.unreadCount === 0) return false;
  if (filter === 'mentions' && item.mentionCount === 0) return false;
  if (filter === 'groups' && item.conversation.type !== 'group') return false;
  const words = folded(query).split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const text = folded(textOf(item));
  return words.every((word) => text.includes(word));
}
