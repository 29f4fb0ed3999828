/** Short messages about what was done or failed; they go by themselves, and are read out. */
import { useSyncExternalStore } from 'react';
import { useT } from '@/i18n';
import { X } from 'lucide-react';
import { IconButton } from './button';
import { cx } from './cx';

export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly kind: 'info' | 'error';
}

const shownMs = 5_000;
const toastsMax = 3;

let toasts: readonly Toast[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

function set(next: readonly Toast[]): void {
  toasts = next.slice(-toastsMax);
  for (const listener of [...listeners]) listener();
}

function dismiss(id: number): void {
  set(toasts.filter((toast) => toast.id !== id));
}

export function toast(text: string, kind: Toast['kind'] = 'info'): void {
  const id = ++lastId;
  set([...toasts.filter((other) => other.text !== text), { id, text, kind }]);
  setTimeout(() => dismiss(id), shownMs);
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};

export function Toasts() {
  const shown = useSyncExternalStore(subscribe, () => toasts);
  const t = useT();
  return (
    <div
      role="status"
      aria-live="polite"
      className="pointer-events-none fixed inset-x-0 bottom-20 z-50 flex flex-col items-center gap-2 px-4"
    >
      {shown.map((each) => (
        <div
          key={each.id}
          className={cx(
            'pointer-events-auto flex max-w-md animate-rise items-center gap-2 rounded-xl py-1.5 pr-1.5 pl-4 text-base shadow-float',
            each.kind === 'error' ? 'bg-danger-soft text-danger' : 'bg-ink text-canvas',
          )}
        >
          <span className="min-w-0 flex-1 break-words">{each.text}</span>
          <IconButton
            label={t.common.dismiss}
            size="small"
            className="text-current hover:bg-transparent hover:text-current"
            onClick={() => dismiss(each.id)}
          >
            <X />
          </IconButton>
        </div>
      ))}
    </div>
  );
}
