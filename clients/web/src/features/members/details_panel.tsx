/** What is known of a conversation, and who is in it: names, roles, and what one's own role may do. */
import { useEffect, useMemo, useState, type FormEvent } from 'react';
import { Bell, BellOff, LogOut, Pencil, Pin, PinOff, UserPlus, X } from 'lucide-react';
import { VList } from 'virtua';
import { mayManage, type ConversationMember, type ConversationSnapshot } from '@aiim/client';
import { ConversationAvatar, PresenceText, useConversationTitle } from '@/features/people';
import { useT } from '@/i18n';
import { useSession } from '@/lib/client';
import { reasonOf } from '@/lib/failures';
import { showOverlay } from '@/lib/overlays';
import { useSnapshot } from '@/lib/use_snapshot';
import { Button, IconButton } from '@/ui/button';
import { inputClass } from '@/ui/field';
import { toast } from '@/ui/toasts';
import { MemberRow } from './member_row';

const attempt = (work: Promise<unknown>): void => void work.catch((error: unknown) => toast(reasonOf(error), 'error'));
const ranks = { owner: 0, admin: 1, member: 2 } as const;

export function DetailsPanel({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  const t = useT();
  const { client } = useSession();
  const store = client.conversation(id);
  const snapshot = useSnapshot(store);
  const { conversation } = snapshot;
  const incomplete = conversation !== null && snapshot.members.length < conversation.member_count;
  useEffect(() => {
    if (incomplete) store.loadMembers().catch(() => undefined); // those known are shown
  }, [store, incomplete]);
  const members = useMemo(
    () => [...snapshot.members].sort((a, b) => ranks[a.role] - ranks[b.role]),
    [snapshot.members],
  );
  if (conversation === null) return null;
  const group = conversation.type === 'group';
  const { muted, pinned, role } = conversation;
  return (
    <aside
      aria-label={t.messages.details}
      onKeyDown={(event) => event.key === 'Escape' && !event.defaultPrevented && onClose()}
      className="flex min-h-0 w-full shrink-0 flex-col border-l border-line bg-surface max-lg:absolute max-lg:inset-y-0 max-lg:right-0 max-lg:z-20 max-lg:max-w-88 max-lg:shadow-float max-sm:max-w-none lg:w-80"
    >
      <header className="flex h-15 shrink-0 items-center gap-2 border-b border-line pr-3 pl-5">
        <h2 className="flex-1 font-semibold">{t.messages.details}</h2>
        <IconButton label={t.common.close} onClick={onClose}>
          <X />
        </IconButton>
      </header>
      <Head snapshot={snapshot} />
      <div className="flex shrink-0 justify-center gap-2 px-5 pb-4">
        <Button size="small" onClick={() => attempt(store.setMuted(!muted))} className="[&>svg]:size-4">
          {muted ? <Bell /> : <BellOff />}
          {muted ? t.list.unmute : t.list.mute}
        </Button>
        <Button size="small" onClick={() => attempt(store.setPinned(!pinned))} className="[&>svg]:size-4">
          {pinned ? <PinOff /> : <Pin />}
          {pinned ? t.list.unpin : t.list.pin}
        </Button>
      </div>
      <div className="flex shrink-0 items-center justify-between border-t border-line px-5 pt-3 pb-1">
        <h3 className="text-sm font-medium text-ink-3">{t.messages.members(conversation.member_count)}</h3>
        {group && mayManage(role) && (
          <IconButton
            label={t.members.add}
            size="small"
            onClick={() => showOverlay({ kind: 'add_members', conversationId: id })}
          >
            <UserPlus />
          </IconButton>
        )}
      </div>
      <VList data={members} itemSize={56} role="list" aria-label={t.members.title} className="flex-1 px-3">
        {(member: ConversationMember) => (
          <MemberRow key={member.user_id} member={member} store={store} ownRole={group ? role : 'member'} />
        )}
      </VList>
      {group && (
        <div className="shrink-0 border-t border-line p-3">
          <Button
            variant="ghost"
            className="w-full text-danger! hover:bg-danger-soft! [&>svg]:size-4"
            onClick={() => showOverlay({ kind: 'leave', conversationId: id })}
          >
            <LogOut />
            {t.list.leave}
          </Button>
        </div>
      )}
    </aside>
  );
}

/** The picture and the name; who runs the group may change the name. */
function Head({ snapshot }: { readonly snapshot: ConversationSnapshot }) {
  const t = useT();
  const { client, userId } = useSession();
  const { conversation } = snapshot;
  const title = useConversationTitle(conversation);
  const [renaming, setRenaming] = useState(false);
  if (conversation === null) return null;
  const peer =
    conversation.type === 'direct'
      ? conversation.members.find((member) => member.user_id !== userId)?.user_id
      : undefined;
  const rename = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get('name') ?? '').trim();
    setRenaming(false);
    if (name !== '' && name !== conversation.name)
      attempt(client.conversation(conversation.conversation_id).rename(name));
  };
  return (
    <div className="flex shrink-0 flex-col items-center gap-2 px-5 pt-6 pb-4 text-center">
      <ConversationAvatar conversation={conversation} size={72} presence />
      {renaming ? (
        <form onSubmit={rename} className="mt-1 flex w-full gap-2">
          <input
            name="name"
            autoFocus
            aria-label={t.members.groupName}
            defaultValue={conversation.name ?? ''}
            maxLength={100}
            className={inputClass}
            onKeyDown={(event) => event.key === 'Escape' && (event.stopPropagation(), setRenaming(false))}
          />
          <Button type="submit" variant="primary">
            {t.common.save}
          </Button>
        </form>
      ) : (
        <div className="flex max-w-full items-center gap-1">
          <p dir="auto" className="min-w-0 text-[1.0625rem] font-semibold break-words">
            {title}
          </p>
          {conversation.type === 'group' && mayManage(conversation.role) && (
            <IconButton label={t.members.rename} size="small" onClick={() => setRenaming(true)}>
              <Pencil />
            </IconButton>
          )}
        </div>
      )}
      {peer !== undefined && (
        <p className="text-sm text-ink-3">
          <PresenceText userId={peer} />
        </p>
      )}
    </div>
  );
}
