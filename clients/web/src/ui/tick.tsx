/** How far an own message has come. */
import { Check, CheckCheck, CircleAlert, Clock3 } from 'lucide-react';
import type { DeliveryState } from '@aiim/client';
import { useT } from '@/i18n';
import { cx } from './cx';

const icons = {
  queued: Clock3,
  sending: Clock3,
  failed: CircleAlert,
  sent: Check,
  delivered: CheckCheck,
  read: CheckCheck,
} as const;

export function Tick({ state, className }: { readonly state: DeliveryState; readonly className?: string }) {
  const t = useT().messages;
  const Icon = icons[state];
  return (
    <Icon
      role="img"
      aria-label={t[state]}
      data-tick={state}
      strokeWidth={2.25}
      className={cx(
        'size-4 shrink-0',
        state === 'read' ? 'text-tick-read' : state === 'failed' ? 'text-danger' : 'opacity-80',
        className,
      )}
    />
  );
}
