import { ArrowLeftRight, LogOut, Settings } from 'lucide-react';
import { useLocation } from 'wouter';
import { UserAvatar, useUserName } from '@/features/people';
import { useT } from '@/i18n';
import { useSession } from '@/lib/client';
import { routes } from '@/lib/routes';
import { MenuButton, MenuItem, MenuSeparator } from '@/ui/menu';

/** Oneself: settings, another account, the way out. */
export function AccountMenu() {
  const t = useT();
  const { userId, signOut, switchAccount } = useSession();
  const name = useUserName(userId);
  const [, navigate] = useLocation();
  return (
    <MenuButton
      label={t.list.account}
      button={
        <button type="button" aria-label={`${t.list.account}: ${name}`} data-tip={name} className="rounded-full">
          <UserAvatar userId={userId} size={34} />
        </button>
      }
    >
      <div className="flex items-center gap-3 px-2.5 py-2">
        <UserAvatar userId={userId} size={40} />
        <span className="min-w-0">
          <span className="block truncate font-semibold">{name}</span>
          <span className="block truncate text-sm text-ink-3">{userId}</span>
        </span>
      </div>
      <MenuSeparator />
      <MenuItem icon={<Settings />} onSelect={() => navigate(routes.settings())}>
        {t.settings.title}
      </MenuItem>
      <MenuItem icon={<ArrowLeftRight />} onSelect={switchAccount}>
        {t.profile.switchAccount}
      </MenuItem>
      <MenuItem icon={<LogOut />} onSelect={() => void signOut()}>
        {t.profile.signOut}
      </MenuItem>
    </MenuButton>
  );
}
