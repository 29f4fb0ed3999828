import { useId, useState } from 'react';
import { Brain, ChevronRight } from 'lucide-react';
import { useT } from '@/i18n';
import { cx } from '@/ui/cx';
import { useSmoothText } from './smooth_text';

/** How the answer came about: one line that opens. */
export function Reasoning({ text, growing }: { readonly text: string; readonly growing: boolean }) {
  const t = useT().streams;
  const id = useId();
  const [open, setOpen] = useState(false);
  const { shown } = useSmoothText(text, growing);
  return (
    <div>
      <button
        type="button"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
        className="-ms-1 inline-flex items-center gap-1.5 rounded-md px-1 py-0.5 text-sm font-medium text-ink-3 hover:text-ink"
      >
        <Brain aria-hidden className={cx('size-4', growing && 'animate-shimmer')} />
        {growing ? t.thinking : t.thought}
        <ChevronRight aria-hidden className={cx('size-3.5 transition-transform', open && 'rotate-90')} />
      </button>
      <div
        id={id}
        hidden={!open}
        className="mt-1 border-s-2 border-line-strong ps-3 text-sm whitespace-pre-wrap text-ink-3"
        dir="auto"
      >
        {shown}
      </div>
    </div>
  );
}
