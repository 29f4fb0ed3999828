/** The sign-ins of this account: when and with what, and the way to end each. */
import { useCallback, useEffect, useState } from 'react';
import { MonitorSmartphone } from 'lucide-react';
import type { SignIn } from '@aiim/client';
import { useT } from '@/i18n';
import { useSession } from '@/lib/client';
import { reasonOf } from '@/lib/failures';
import { ago } from '@/lib/time';
import { Button } from '@/ui/button';
import { Skeleton } from '@/ui/states';
import { toast } from '@/ui/toasts';
import { deviceOf } from './device';

export function Sessions() {
  const t = useT();
  const { client, signOut } = useSession();
  const [sessions, setSessions] = useState<readonly SignIn[] | null>(null);
  const [error, setError] = useState<string | null>(null);
  const read = useCallback(async () => {
    try {
      setSessions((await client.api.listSessions()).sessions);
    } catch (cause) {
      setError(reasonOf(cause));
    }
  }, [client]);
  useEffect(() => void read(), [read]);
  const end = async (session: SignIn): Promise<void> => {
    if (session.current === true) return await signOut();
    try {
      await client.api.deleteSessions(session.session_id);
    } catch (cause) {
      toast(reasonOf(cause), 'error');
    }
    await read();
  };
  if (error !== null)
    return (
      <p role="alert" className="text-danger">
        {error}
      </p>
    );
  if (sessions === null) return <Skeleton className="h-14 w-full" />;
  if (sessions.length === 0) return <p className="text-ink-3">{t.settings.noSessions}</p>;
  return (
    <ul className="divide-y divide-line">
      {sessions.map((session) => {
        const device = deviceOf(session.user_agent ?? '') || t.settings.unknownDevice;
        const when = session.last_used_at
          ? t.settings.lastUsed(ago(session.last_used_at))
          : t.settings.since(ago(session.created_at));
        return (
          <li key={session.session_id} className="flex items-center gap-3 py-3 first:pt-0 last:pb-0">
            <MonitorSmartphone aria-hidden className="size-5 shrink-0 text-ink-3" />
            <span className="min-w-0 flex-1">
              <span className="block truncate font-medium">
                {device}
                {session.current === true && (
                  <span className="ms-2 rounded bg-success-soft px-1.5 py-0.5 text-xs font-medium text-success">
                    {t.settings.thisDevice}
                  </span>
                )}
              </span>
              <span className="block truncate text-sm text-ink-3">
                {[when, session.address].filter(Boolean).join(' · ')}
              </span>
            </span>
            <Button size="small" aria-label={t.settings.endOf(device)} onClick={() => void end(session)}>
              {t.settings.end}
            </Button>
          </li>
        );
      })}
    </ul>
  );
}
