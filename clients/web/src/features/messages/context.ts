/** What every row of one conversation may need; stable, so that rows are not drawn again because of it. */
import { createContext, useContext } from 'react';
import type { ConversationStore, Message, MessageItem } from '@aiim/client';

export interface MessageActions {
  readonly reply: (message: Message) => void;
  readonly edit: (message: Message) => void;
  readonly jumpTo: (messageId: string) => void;
  /** Opens the menu of a message. */
  readonly menu: (item: MessageItem, anchor: Element | { readonly x: number; readonly y: number }) => void;
  readonly pickReaction: (item: MessageItem, anchor: Element) => void;
}

export interface MessagesContextValue {
  readonly store: ConversationStore;
  readonly userId: string;
  /** Names and pictures are shown. */
  readonly group: boolean;
  readonly actions: MessageActions;
}

export const MessagesContext = createContext<MessagesContextValue | null>(null);

export function useMessages(): MessagesContextValue {
  const value = useContext(MessagesContext);
  if (value === null) throw new Error('not inside a conversation');
  return value;
}
