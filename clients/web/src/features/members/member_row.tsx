import { Ellipsis, MessageCircle, Shield, ShieldCheck, User as UserIcon, UserMinus } from 'lucide-react';
import { useLocation } from 'wouter';
import { mayGovern, mayGrant, type ConversationMember, type ConversationStore, type MemberRole } from '@aiim/client';
import { PresenceText, UserAvatar, useUser } from '@/features/people';
import { useT } from '@/i18n';
import { useSession } from '@/lib/client';
import { reasonOf } from '@/lib/failures';
import { routes } from '@/lib/routes';
import { IconButton } from '@/ui/button';
import { MenuButton, MenuItem, MenuSeparator } from '@/ui/menu';
import { toast } from '@/ui/toasts';

export interface MemberRowProps {
  readonly member: ConversationMember;
  readonly store: ConversationStore;
  /** One's own in this conversation. */
  readonly ownRole: MemberRole;
}

const roles = [
  { role: 'owner', icon: <ShieldCheck /> },
  { role: 'admin', icon: <Shield /> },
  { role: 'member', icon: <UserIcon /> },
] as const;

export function MemberRow({ member, store, ownRole }: MemberRowProps) {
  const t = useT();
  const { client, userId } = useSession();
  const [, navigate] = useLocation();
  const user = useUser(member.user_id);
  const name = user?.display_name || member.user_id;
  const self = member.user_id === userId;
  const governs = !self && mayGovern(ownRole, member.role);
  const attempt = (work: Promise<unknown>): void =>
    void work.catch((error: unknown) => toast(reasonOf(error), 'error'));
  return (
    <div role="listitem" className="group flex h-14 items-center gap-3 rounded-xl px-2 hover:bg-hover">
      <UserAvatar userId={member.user_id} size={36} presence ring="border-surface group-hover:border-hover" />
      <span className="min-w-0 flex-1">
        <span className="flex items-center gap-1.5">
          <bdi className="truncate font-medium">{name}</bdi>
          {self && <span className="text-sm text-ink-3">({t.common.you})</span>}
          {user?.kind === 'bot' && (
            <span className="rounded bg-accent-soft px-1 text-2xs font-semibold text-accent-ink">{t.common.bot}</span>
          )}
        </span>
        <span className="block truncate text-sm text-ink-3">
          {self ? member.user_id : <PresenceText userId={member.user_id} />}
        </span>
      </span>
      {member.role !== 'member' && (
        <span className="shrink-0 rounded-md bg-sunken px-1.5 py-0.5 text-xs font-medium text-ink-2">
          {t.members.roles[member.role]}
        </span>
      )}
      {!self && (
        <MenuButton
          label={t.members.actions(name)}
          align="end"
          button={
            <IconButton label={t.members.actions(name)} size="small">
              <Ellipsis />
            </IconButton>
          }
        >
          <MenuItem
            icon={<MessageCircle />}
            onSelect={() =>
              attempt(client.conversations.direct(member.user_id).then(({ id }) => navigate(routes.conversation(id))))
            }
          >
            {t.members.message}
          </MenuItem>
          {governs && (
            <>
              <MenuSeparator />
              {roles
                .filter(({ role }) => mayGrant(ownRole, role))
                .map(({ role, icon }) => (
                  <MenuItem
                    key={role}
                    icon={icon}
                    checked={role === member.role}
                    onSelect={() => role !== member.role && attempt(store.setRole(member.user_id, role))}
                  >
                    {t.members.roles[role]}
                  </MenuItem>
                ))}
              <MenuSeparator />
              <MenuItem icon={<UserMinus />} danger onSelect={() => attempt(store.removeMember(member.user_id))}>
                {t.members.remove}
              </MenuItem>
            </>
          )}
        </MenuButton>
      )}
    </div>
  );
}
