import { useMemo } from 'react';
import { useT } from '@/i18n';
import { useClient } from '@/lib/client';
import { ago } from '@/lib/time';
import { useSnapshot } from '@/lib/use_snapshot';

/** "Online", "Away", or when somebody was last seen; nothing when it is not known. */
export function PresenceText({ userId }: { readonly userId: string }) {
  const client = useClient();
  const t = useT();
  const presence = useSnapshot(useMemo(() => client.presence.user(userId), [client, userId]));
  if (presence === null) return null;
  if (presence.state === 'online') return <span className="text-success">{t.common.online}</span>;
  if (presence.state === 'away') return <span>{t.common.away}</span>;
  return <span>{presence.last_seen === null ? t.common.offline : t.common.lastSeen(ago(presence.last_seen))}</span>;
}
