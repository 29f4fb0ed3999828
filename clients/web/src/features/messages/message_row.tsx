/** One message in its place: whose it is, its bubble, its reactions, and what one can do with it. */
import { memo, useRef, useState, type PointerEvent } from 'react';
import { CornerUpLeft, Ellipsis, SmilePlus } from 'lucide-react';
import type { DeliveryState } from '@aiim/client';
import { UserAvatar, useUser } from '@/features/people';
import { useT } from '@/i18n';
import { showOverlay } from '@/lib/overlays';
import { IconButton } from '@/ui/button';
import { cx } from '@/ui/cx';
import { useMessages } from './context';
import { FailedNote } from './failed_note';
import { MessageBody } from './message_body';
import { Reactions } from './reactions';
import type { Row } from './rows';
import { SystemRow } from './system_row';

export interface MessageRowProps {
  readonly row: Extract<Row, { kind: 'message' }>;
  readonly delivery: DeliveryState | null;
  readonly highlighted: boolean;
}

const longPressMs = 420;

export const MessageRow = memo(function MessageRow({ row, delivery, highlighted }: MessageRowProps) {
  const { item, first, last } = row;
  const { message, mine } = item;
  const { group, actions } = useMessages();
  const press = useLongPress((element) => actions.menu(item, element));
  // The buttons are made for the message under the pointer or the focus only: rows are cheap to scroll by.
  const [near, setNear] = useState(false);
  if (message.type === 'system') return <SystemRow message={message} />;
  const wide = message.type === 'ai' || message.stream_id !== null || message.content.parts !== undefined;
  const showsSender = group || wide;
  return (
    <article
      data-message={message.message_id || item.key}
      data-seq={message.seq}
      onPointerEnter={(event) => event.pointerType === 'mouse' && setNear(true)}
      onPointerLeave={(event) => !busyWith(event.currentTarget, document.activeElement) && setNear(false)}
      onFocus={() => setNear(true)}
      onBlur={(event) => !busyWith(event.currentTarget, event.relatedTarget) && setNear(false)}
      className={cx(
        'group/row transition-colors duration-700',
        first ? 'pt-2.5' : 'pt-0.5',
        highlighted && 'bg-accent-soft',
      )}
    >
      <div className={cx('mx-auto flex max-w-4xl gap-2.5 px-3 md:px-6', mine && 'flex-row-reverse')}>
        {showsSender && !mine && (
          <span className="w-8 shrink-0">
            {first && (
              <button
                type="button"
                tabIndex={-1}
                aria-hidden
                onClick={() => showOverlay({ kind: 'profile', userId: message.sender_id })}
                className="rounded-full"
              >
                <UserAvatar userId={message.sender_id} size={32} />
              </button>
            )}
          </span>
        )}
        <div
          className={cx(
            'flex min-w-0 flex-col',
            mine ? 'items-end' : 'items-start',
            wide ? 'flex-1' : 'max-w-[min(34rem,82%)]',
          )}
        >
          {showsSender && !mine && first && <SenderName userId={message.sender_id} />}
          <div className={cx('relative flex max-w-full min-w-0', wide && 'w-full')}>
            <div
              {...press}
              onContextMenu={(event) => {
                if (window.getSelection()?.isCollapsed === false || (event.target as Element).closest('a')) return;
                event.preventDefault();
                actions.menu(item, { x: event.clientX, y: event.clientY });
              }}
              className="max-w-full min-w-0 flex-1"
            >
              <MessageBody item={item} delivery={delivery} first={first} last={last} wide={wide} />
            </div>
            {near && item.pending === null && message.status !== 'recalled' && <HoverActions row={row} wide={wide} />}
          </div>
          <Reactions message={message} />
          {item.pending === 'failed' && <FailedNote item={item} />}
        </div>
      </div>
    </article>
  );
});

/** The focus is in the row, or in a menu that was opened from it. */
function busyWith(row: Element, focused: EventTarget | null): boolean {
  return focused instanceof Element && (row.contains(focused) || focused.closest('[popover]') !== null);
}

function SenderName({ userId }: { readonly userId: string }) {
  const t = useT().common;
  const user = useUser(userId);
  return (
    <span className="flex items-center gap-1.5 px-1 pb-0.5 text-sm font-semibold text-ink-2">
      <bdi className="max-w-64 truncate">{user?.display_name || userId}</bdi>
      {user?.kind === 'bot' && (
        <span className="rounded bg-accent-soft px-1 text-2xs font-semibold text-accent-ink">{t.bot}</span>
      )}
    </span>
  );
}

/** Appears beside the message under the pointer, and for whoever comes by keyboard. */
function HoverActions({ row, wide }: { readonly row: MessageRowProps['row']; readonly wide: boolean }) {
  const t = useT().messages;
  const { actions } = useMessages();
  const { item } = row;
  return (
    <div
      className={cx(
        'absolute z-10 hidden animate-fade rounded-lg border border-line bg-raised p-0.5 shadow-small [@media(hover:hover)]:flex',
        wide ? 'top-1.5 right-2' : cx('bottom-0.5', item.mine ? 'right-full mr-1.5' : 'left-full ml-1.5'),
      )}
    >
      <IconButton
        label={t.react}
        size="small"
        data-action="react"
        onClick={(event) => actions.pickReaction(item, event.currentTarget)}
      >
        <SmilePlus />
      </IconButton>
      <IconButton label={t.reply} size="small" data-action="reply" onClick={() => actions.reply(item.message)}>
        <CornerUpLeft />
      </IconButton>
      <IconButton
        label={t.actions}
        size="small"
        data-action="menu"
        aria-haspopup="menu"
        onClick={(event) => actions.menu(item, event.currentTarget)}
      >
        <Ellipsis />
      </IconButton>
    </div>
  );
}

/** A finger that rests opens what the right button opens. */
function useLongPress(open: (element: Element) => void) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const stop = (): void => clearTimeout(timer.current);
  return {
    onPointerDown: (event: PointerEvent<HTMLElement>) => {
      if (event.pointerType === 'mouse') return;
      const element = event.currentTarget;
      timer.current = setTimeout(() => open(element), longPressMs);
    },
    onPointerMove: stop,
    onPointerUp: stop,
    onPointerCancel: stop,
  };
}
