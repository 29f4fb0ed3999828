import { useId, useState } from 'react';
import { Check, ChevronRight, CircleX, Wrench } from 'lucide-react';
import type { StreamPart } from '@aiim/client';
import { useT } from '@/i18n';
import { cx } from '@/ui/cx';
import { Spinner } from '@/ui/spinner';

export interface ToolCardProps {
  readonly call: StreamPart;
  readonly result: StreamPart | null;
  readonly streaming: boolean;
}

/** A tool the answer used: its name and how it went; what went in and came out when opened. */
export function ToolCard({ call, result, streaming }: ToolCardProps) {
  const t = useT().streams;
  const id = useId();
  const [open, setOpen] = useState(false);
  const name = call.name ?? '';
  const running = result === null && streaming;
  const failed = result?.is_error === true;
  return (
    <div className="overflow-hidden rounded-xl border border-line bg-canvas text-sm">
      <button
        type="button"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
        className="flex w-full items-center gap-2 px-3 py-2 text-start hover:bg-hover"
      >
        <Wrench aria-hidden className="size-4 shrink-0 text-ink-3" />
        <span className="min-w-0 flex-1 truncate font-medium">
          {failed ? t.toolFailed(name) : running ? t.usingTool(name) : t.usedTool(name)}
        </span>
        {running ? (
          <Spinner className="size-4 text-ink-3" />
        ) : failed ? (
          <CircleX aria-hidden className="size-4 text-danger" />
        ) : (
          result !== null && <Check aria-hidden className="size-4 text-success" />
        )}
        <ChevronRight aria-hidden className={cx('size-4 text-ink-3 transition-transform', open && 'rotate-90')} />
      </button>
      <div id={id} hidden={!open} className="space-y-2 border-t border-line px-3 py-2.5">
        <Value title={t.toolInput} value={call.arguments} />
        {result !== null && <Value title={t.toolOutput} value={result.result} />}
      </div>
    </div>
  );
}

const shownMax = 20_000;

function Value({ title, value }: { readonly title: string; readonly value: unknown }) {
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  return (
    <div>
      <p className="mb-1 text-xs font-medium text-ink-3">{title}</p>
      <pre
        tabIndex={0}
        dir="auto"
        className="max-h-60 overflow-auto rounded-lg bg-code p-2.5 font-mono text-xs whitespace-pre-wrap [overflow-wrap:anywhere]"
      >
        {(text ?? '').slice(0, shownMax)}
      </pre>
    </div>
  );
}
