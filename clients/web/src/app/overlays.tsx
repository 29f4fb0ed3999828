/** Draws the overlay that is asked for; each is loaded when it is first needed. */
import { lazy, Suspense } from 'react';
import { closeOverlay, useOverlay } from '@/lib/overlays';

const NewConversation = lazy(async () => ({ default: (await import('@/features/new_conversation')).NewConversation }));
const LeaveGroup = lazy(async () => ({ default: (await import('@/features/members')).LeaveGroup }));
const AddMembers = lazy(async () => ({ default: (await import('@/features/members')).AddMembers }));
const ProfileCard = lazy(async () => ({ default: (await import('@/features/profile/profile_card')).ProfileCard }));
const ShortcutsDialog = lazy(async () => ({
  default: (await import('@/features/shortcuts/shortcuts_dialog')).ShortcutsDialog,
}));
const Unsent = lazy(async () => ({ default: (await import('@/features/offline/unsent')).Unsent }));
const Recall = lazy(async () => ({ default: (await import('@/features/messages')).Recall }));
const MessageInfo = lazy(async () => ({ default: (await import('@/features/messages')).MessageInfo }));
const ImageView = lazy(async () => ({ default: (await import('@/features/messages')).ImageView }));

export function Overlays() {
  const overlay = useOverlay();
  return (
    <Suspense fallback={null}>
      {overlay?.kind === 'new_conversation' && <NewConversation onClose={closeOverlay} />}
      {overlay?.kind === 'leave' && <LeaveGroup conversationId={overlay.conversationId} onClose={closeOverlay} />}
      {overlay?.kind === 'add_members' && <AddMembers conversationId={overlay.conversationId} onClose={closeOverlay} />}
      {overlay?.kind === 'profile' && <ProfileCard userId={overlay.userId} onClose={closeOverlay} />}
      {overlay?.kind === 'shortcuts' && <ShortcutsDialog onClose={closeOverlay} />}
      {overlay?.kind === 'unsent' && <Unsent onClose={closeOverlay} />}
      {overlay?.kind === 'recall' && <Recall {...overlay} onClose={closeOverlay} />}
      {overlay?.kind === 'message_info' && <MessageInfo {...overlay} onClose={closeOverlay} />}
      {overlay?.kind === 'image' && <ImageView {...overlay} onClose={closeOverlay} />}
    </Suspense>
  );
}
