/** Buttons. An icon alone needs a `label`: it is the accessible name and the tooltip. */
import type { ComponentProps, ReactNode } from 'react';
import { cx } from './cx';
import { Spinner } from './spinner';

export interface ButtonProps extends ComponentProps<'button'> {
  readonly variant?: 'primary' | 'secondary' | 'ghost' | 'danger';
  readonly size?: 'small' | 'medium' | 'large';
  readonly busy?: boolean;
}

const variants = {
  primary:
    'bg-accent text-on-accent hover:bg-accent-strong disabled:hover:bg-accent shadow-small dark:hover:brightness-105',
  secondary: 'bg-surface text-ink border border-line-strong hover:bg-hover',
  ghost: 'text-ink-2 hover:bg-hover hover:text-ink',
  danger: 'bg-danger text-on-danger hover:brightness-95 shadow-small',
} as const;

const sizes = {
  small: 'h-8 px-3 text-sm rounded-lg gap-1.5',
  medium: 'h-9 px-4 text-base rounded-lg gap-2',
  large: 'h-11 px-5 text-[0.9375rem] rounded-xl gap-2',
} as const;

export function Button({
  variant = 'secondary',
  size = 'medium',
  busy = false,
  className,
  children,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      disabled={rest.disabled === true || busy}
      aria-busy={busy || undefined}
      className={cx(
        'relative inline-flex shrink-0 items-center justify-center font-medium whitespace-nowrap transition-colors select-none disabled:opacity-55',
        variants[variant],
        sizes[size],
        className,
      )}
    >
      {busy && <Spinner className="size-4" />}
      {children}
    </button>
  );
}

export interface IconButtonProps extends Omit<ComponentProps<'button'>, 'aria-label' | 'title'> {
  readonly label: string;
  readonly shortcut?: string;
  readonly size?: 'small' | 'medium';
  readonly pressed?: boolean;
  readonly children: ReactNode;
}

export function IconButton({ label, shortcut, size = 'medium', pressed, className, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      aria-pressed={pressed}
      data-tip={shortcut === undefined ? label : `${label} · ${shortcut}`}
      {...rest}
      className={cx(
        'inline-flex shrink-0 items-center justify-center rounded-lg transition-colors select-none disabled:opacity-45',
        size === 'small' ? 'size-7 [&>svg]:size-4' : 'size-9 [&>svg]:size-5',
        pressed === true ? 'bg-active text-accent-ink' : 'text-ink-2 hover:bg-hover hover:text-ink',
        className,
      )}
    />
  );
}
