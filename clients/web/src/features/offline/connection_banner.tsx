/** Says when the connection is gone and when it comes back. A short break is not worth a word. */
import { useEffect, useState } from 'react';
import { CloudOff } from 'lucide-react';
import { useT } from '@/i18n';
import { useClient } from '@/lib/client';
import { showOverlay } from '@/lib/overlays';
import { useSnapshot } from '@/lib/use_snapshot';
import { Spinner } from '@/ui/spinner';

const patienceMs = 1_200;

export function ConnectionBanner() {
  const t = useT().offline;
  const client = useClient();
  const { state, since, retryAt } = useSnapshot(client.connection);
  const unsent = useSnapshot(client.outbox).length;
  const [now, setNow] = useState(Date.now);
  const troubled = state !== 'live';
  useEffect(() => {
    if (!troubled) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [troubled, state, since]);
  if (!troubled || now - since < patienceMs) return <div role="status" className="sr-only" />;
  const seconds = retryAt === null ? 0 : Math.ceil((retryAt - now) / 1_000);
  const offline = state === 'offline';
  return (
    <div
      role="status"
      className="flex min-h-9 shrink-0 animate-fade items-center justify-center gap-2 bg-warning-soft px-4 py-1 text-sm text-warning"
    >
      {offline ? <CloudOff aria-hidden className="size-4 shrink-0" /> : <Spinner className="size-4 shrink-0" />}
      <span className="min-w-0">
        <strong className="font-semibold">
          {offline ? t.offline : state === 'catching_up' ? t.catchingUp : t.connecting}
        </strong>

        {offline && seconds > 0 && <span className="max-sm:hidden"> · {t.retryIn(seconds)}</span>}
      </span>
      {unsent > 0 && (
        <button
          type="button"
          className="rounded px-1 font-semibold underline underline-offset-2"
          onClick={() => showOverlay({ kind: 'unsent' })}
        >
          {t.unsent(unsent)}
        </button>
      )}
      {offline && (
        <button
          type="button"
          className="rounded px-1 font-semibold underline underline-offset-2"
          onClick={() => client.reconnectNow()}
        >
          {t.retryNow}
        </button>
      )}
    </div>
  );
}
