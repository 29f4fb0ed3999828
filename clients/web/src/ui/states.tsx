/** What stands where there is nothing yet: badges, skeletons, and words for empty and broken places. */
import { type ReactNode } from 'react';
import { cx } from './cx';

export function Badge({
  count,
  muted = false,
  label,
}: {
  readonly count: number;
  readonly muted?: boolean;
  readonly label: string;
}) {
  if (count <= 0) return null;
  return (
    <span
      className={cx(
        'inline-flex h-5 min-w-5 shrink-0 items-center justify-center rounded-full px-1.5 text-2xs font-semibold tabular-nums',
        muted ? 'bg-line-strong/60 text-ink-2' : 'bg-accent text-on-accent',
      )}
    >
      <span aria-hidden>{count > 999 ? '999+' : count}</span>
      <span className="sr-only">{label}</span>
    </span>
  );
}

export function Skeleton({ className }: { readonly className?: string }) {
  return <span aria-hidden className={cx('block animate-shimmer rounded-md bg-line', className)} />;
}

export interface EmptyStateProps {
  readonly icon: ReactNode;
  readonly title: string;
  readonly text?: ReactNode;
  readonly action?: ReactNode;
  readonly className?: string;
}

export function EmptyState({ icon, title, text, action, className }: EmptyStateProps) {
  return (
    <div className={cx('flex flex-col items-center justify-center gap-1 px-6 py-10 text-center', className)}>
      <span
        aria-hidden
        className="mb-3 flex size-14 items-center justify-center rounded-2xl bg-accent-soft text-accent-ink [&>svg]:size-7"
      >
        {icon}
      </span>
      <p className="text-[0.9375rem] font-semibold text-ink">{title}</p>
      {text && <p className="max-w-72 text-sm text-balance text-ink-3">{text}</p>}
      {action && <div className="mt-4">{action}</div>}
    </div>
  );
}
