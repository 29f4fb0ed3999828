/** What is known of a conversation: who is in it. */
import { X } from 'lucide-react';
import { PresenceText, UserAvatar, useUserName } from '@/features/people';
import type { ConversationMember } from '@aiim/client';
import { useT } from '@/i18n';
import { useClient } from '@/lib/client';
import { useSnapshot } from '@/lib/use_snapshot';
import { IconButton } from '@/ui/button';

export function DetailsPanel({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  const t = useT();
  const snapshot = useSnapshot(useClient().conversation(id));
  return (
    <aside
      aria-label={t.messages.details}
      className="flex min-h-0 w-full shrink-0 flex-col border-l border-line bg-surface max-lg:absolute max-lg:inset-y-0 max-lg:right-0 max-lg:z-20 max-lg:max-w-88 max-lg:shadow-float max-sm:max-w-none lg:w-80"
    >
      <header className="flex h-15 shrink-0 items-center gap-2 border-b border-line pr-3 pl-5">
        <h2 className="flex-1 font-semibold">{t.messages.details}</h2>
        <IconButton label={t.common.close} onClick={onClose}>
          <X />
        </IconButton>
      </header>
      <h3 className="px-5 pt-4 pb-2 text-sm font-medium text-ink-3">
        {t.messages.members(snapshot.conversation?.member_count ?? snapshot.members.length)}
      </h3>
      <ul className="min-h-0 flex-1 overflow-y-auto px-3 pb-4">
        {snapshot.members.map((member) => (
          <MemberRow key={member.user_id} member={member} />
        ))}
      </ul>
    </aside>
  );
}

function MemberRow({ member }: { readonly member: ConversationMember }) {
  const t = useT();
  const name = useUserName(member.user_id);
  return (
    <li className="flex items-center gap-3 rounded-xl px-2 py-2">
      <UserAvatar userId={member.user_id} size={36} presence />
      <span className="min-w-0 flex-1">
        <span className="block truncate font-medium">{name}</span>
        <span className="block truncate text-sm text-ink-3">
          <PresenceText userId={member.user_id} />
        </span>
      </span>
      {member.role !== 'member' && <span className="text-sm text-ink-3">{t.members.roles[member.role]}</span>}
    </li>
  );
}
