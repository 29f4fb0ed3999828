/**
 * A modal dialog: the browser's own `<dialog>`, which traps the focus, makes the rest inert, closes on Escape and gives
 * the focus back. On a phone it is a sheet at the bottom.
 */
import { X } from 'lucide-react';
import { useEffect, useId, useRef, type ReactNode } from 'react';
import { useT } from '@/i18n';
import { IconButton } from './button';
import { cx } from './cx';

export interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  readonly footer?: ReactNode;
  readonly size?: 'small' | 'medium' | 'large';
}

const sizes = { small: 'sm:w-104', medium: 'sm:w-128', large: 'sm:w-176' } as const;

/** Shown as long as it is mounted. */
export function Dialog({ title, onClose, children, footer, size = 'medium' }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  const t = useT();
  useEffect(() => {
    const dialog = ref.current;
    if (dialog !== null && !dialog.open) dialog.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={ref}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onPointerDown={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
      className={cx(
        'm-auto max-h-[min(44rem,calc(100dvh-3rem))] w-full flex-col overflow-hidden rounded-2xl bg-raised text-ink shadow-float open:flex open:animate-pop',
        'max-sm:mb-0 max-sm:max-h-[92dvh] max-sm:max-w-full max-sm:rounded-b-none max-sm:open:animate-rise',
        sizes[size],
      )}
    >
      <header className="flex shrink-0 items-center gap-2 py-3 pr-3 pl-5">
        <h2 id={id} className="min-w-0 flex-1 truncate text-[1.0625rem] font-semibold">
          {title}
        </h2>
        <IconButton label={t.common.close} onClick={onClose}>
          <X />
        </IconButton>
      </header>
      <div tabIndex={0} className="min-h-0 flex-1 overflow-y-auto px-5 pb-5 outline-offset-[-2px]">
        {children}
      </div>
      {footer && <footer className="flex shrink-0 justify-end gap-2 border-t border-line px-5 py-3">{footer}</footer>}
    </dialog>
  );
}
