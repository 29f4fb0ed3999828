/** What one can do with a message: the menu, and the picker of reactions. */
import { useCallback, useState, type ReactNode } from 'react';
import { Copy, CornerUpLeft, Info, Pencil, SmilePlus, Trash2 } from 'lucide-react';
import { mayManage, type ConversationStore, type Message, type MessageItem } from '@aiim/client';
import { EmojiPicker } from '@/features/emoji';
import { useT } from '@/i18n';
import { reasonOf } from '@/lib/failures';
import { showOverlay } from '@/lib/overlays';
import { Menu, MenuItem, MenuSeparator } from '@/ui/menu';
import type { Anchor } from '@/ui/place';
import { toast } from '@/ui/toasts';

interface Wanted {
  readonly item: MessageItem;
  readonly anchor: Anchor;
}

interface Actions {
  readonly reply: (message: Message) => void;
  readonly edit: (message: Message) => void;
}

export const quickReactions = ['👍', '❤️', '😂', '🎉', '😮', '😢'] as const;

export function useMessageMenus(store: ConversationStore, userId: string, actions: Actions) {
  const [menuOf, setMenuOf] = useState<Wanted | null>(null);
  const [reactionTo, setReactionTo] = useState<Wanted | null>(null);
  const menu = useCallback((item: MessageItem, anchor: Anchor) => setMenuOf({ item, anchor }), []);
  const pickReaction = useCallback((item: MessageItem, anchor: Anchor) => setReactionTo({ item, anchor }), []);
  const react = (item: MessageItem, emoji: string): void => {
    const mine =
      item.message.reactions.find((reaction) => reaction.emoji === emoji)?.user_ids.includes(userId) === true;
    const work = mine ? store.unreact(item.message.message_id, emoji) : store.react(item.message.message_id, emoji);
    work.catch((error: unknown) => toast(reasonOf(error), 'error'));
  };
  const menus: ReactNode = (
    <>
      {menuOf !== null && (
        <MessageMenu
          {...menuOf}
          store={store}
          actions={actions}
          onReact={(emoji) => (emoji === null ? setReactionTo(menuOf) : react(menuOf.item, emoji))}
          onClose={() => setMenuOf(null)}
        />
      )}
      {reactionTo !== null && (
        <EmojiPicker
          anchor={reactionTo.anchor}
          onClose={() => setReactionTo(null)}
          onPick={(emoji) => {
            setReactionTo(null);
            react(reactionTo.item, emoji);
          }}
        />
      )}
    </>
  );
  return { menu, pickReaction, menus };
}

interface MessageMenuProps extends Wanted {
  readonly store: ConversationStore;
  readonly actions: Actions;
  /** Null: any other emoji. */
  readonly onReact: (emoji: string | null) => void;
  readonly onClose: () => void;
}

function MessageMenu({ item, anchor, store, actions, onReact, onClose }: MessageMenuProps) {
  const t = useT();
  const { message, mine } = item;
  const text = message.content.text ?? message.content.caption ?? message.content.url;
  const alive = message.status !== 'recalled' && item.pending === null;
  const role = store.getSnapshot().conversation?.role ?? 'member';
  const isGroup = store.getSnapshot().conversation?.type === 'group';
  const mayRecall = alive && message.type !== 'system' && (mine || (isGroup && mayManage(role)));
  return (
    <Menu label={t.messages.actions} anchor={anchor} onClose={onClose}>
      {alive && (
        <div role="group" aria-label={t.messages.react} className="mb-1 flex gap-0.5 border-b border-line px-1 pb-1.5">
          {quickReactions.map((emoji) => (
            <button
              key={emoji}
              type="button"
              role="menuitem"
              tabIndex={-1}
              aria-label={emoji}
              className="flex size-9 items-center justify-center rounded-lg text-xl outline-none hover:bg-hover focus:bg-hover max-sm:flex-1"
              onClick={() => {
                onClose();
                onReact(emoji);
              }}
            >
              {emoji}
            </button>
          ))}
          <button
            type="button"
            role="menuitem"
            tabIndex={-1}
            aria-label={t.messages.addReaction}
            className="flex size-9 items-center justify-center rounded-lg text-ink-2 outline-none hover:bg-hover focus:bg-hover max-sm:flex-1 [&>svg]:size-5"
            onClick={() => {
              onClose();
              onReact(null);
            }}
          >
            <SmilePlus />
          </button>
        </div>
      )}
      {alive && (
        <MenuItem icon={<CornerUpLeft />} onSelect={() => actions.reply(message)}>
          {t.messages.reply}
        </MenuItem>
      )}
      {alive && mine && message.type === 'text' && message.status !== 'streaming' && (
        <MenuItem icon={<Pencil />} onSelect={() => actions.edit(message)}>
          {t.messages.edit}
        </MenuItem>
      )}
      {typeof text === 'string' && message.status !== 'recalled' && (
        <MenuItem
          icon={<Copy />}
          onSelect={() => void navigator.clipboard.writeText(text).then(() => toast(t.common.copied))}
        >
          {t.messages.copyText}
        </MenuItem>
      )}
      {item.pending === null && mine && (
        <MenuItem
          icon={<Info />}
          onSelect={() =>
            showOverlay({ kind: 'message_info', conversationId: store.id, messageId: message.message_id })
          }
        >
          {t.messages.info}
        </MenuItem>
      )}
      {mayRecall && (
        <>
          <MenuSeparator />
          <MenuItem
            icon={<Trash2 />}
            danger
            onSelect={() => showOverlay({ kind: 'recall', conversationId: store.id, messageId: message.message_id })}
          >
            {t.messages.recall}
          </MenuItem>
        </>
      )}
      {item.pending !== null && (
        <>
          {item.pending === 'failed' && (
            <MenuItem icon={<CornerUpLeft />} onSelect={() => store.retry(item.key)}>
              {t.messages.retrySend}
            </MenuItem>
          )}
          <MenuItem icon={<Trash2 />} danger onSelect={() => store.discard(item.key)}>
            {t.messages.discard}
          </MenuItem>
        </>
      )}
    </Menu>
  );
}
