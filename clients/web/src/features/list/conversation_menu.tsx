import { Bell, BellOff, CheckCheck, LogOut, Pin, PinOff } from 'lucide-react';
import type { ConversationSummary } from '@aiim/client';
import { useT } from '@/i18n';
import { useClient } from '@/lib/client';
import { reasonOf } from '@/lib/failures';
import { Menu, MenuItem, MenuSeparator } from '@/ui/menu';
import type { Anchor } from '@/ui/place';
import { toast } from '@/ui/toasts';
import { showOverlay } from '@/lib/overlays';

export interface ConversationMenuProps {
  readonly summary: ConversationSummary;
  readonly title: string;
  readonly anchor: Anchor;
  readonly onClose: () => void;
}

/** What one does with a conversation from the list. */
export function ConversationMenu({ summary, title, anchor, onClose }: ConversationMenuProps) {
  const t = useT().list;
  const store = useClient().conversation(summary.conversationId);
  const { pinned, muted, type } = summary.conversation;
  const attempt = (work: Promise<void>): void => void work.catch((error: unknown) => toast(reasonOf(error), 'error'));
  return (
    <Menu label={`${t.actions}: ${title}`} anchor={anchor} onClose={onClose}>
      <MenuItem icon={pinned ? <PinOff /> : <Pin />} onSelect={() => attempt(store.setPinned(!pinned))}>
        {pinned ? t.unpin : t.pin}
      </MenuItem>
      <MenuItem icon={muted ? <Bell /> : <BellOff />} onSelect={() => attempt(store.setMuted(!muted))}>
        {muted ? t.unmute : t.mute}
      </MenuItem>
      {summary.unreadCount > 0 && (
        <MenuItem icon={<CheckCheck />} onSelect={() => store.markRead()}>
          {t.markRead}
        </MenuItem>
      )}
      {type === 'group' && (
        <>
          <MenuSeparator />
          <MenuItem
            icon={<LogOut />}
            danger
            onSelect={() => showOverlay({ kind: 'leave', conversationId: summary.conversationId })}
          >
            {t.leave}
          </MenuItem>
        </>
      )}
    </Menu>
  );
}
