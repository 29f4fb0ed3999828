/** What an AI says: text as it comes, its reasoning folded away, its tools as cards, and the ways to stop and copy. */
import { useMemo, useState, type ReactNode } from 'react';
import { Square } from 'lucide-react';
import { partsOf, type Message, type StreamOutcome, type StreamPart } from '@aiim/client';
import { Markdown } from '@/features/markdown';
import { CopyButton } from '@/features/markdown/code_block';
import { useT } from '@/i18n';
import { useClient } from '@/lib/client';
import { reasonOf } from '@/lib/failures';
import { useSnapshot } from '@/lib/use_snapshot';
import { Button } from '@/ui/button';
import { toast } from '@/ui/toasts';
import { Reasoning } from './reasoning';
import { StatusLine } from './status_line';
import { ToolCard } from './tool_card';
import { useSmoothText } from './smooth_text';

export interface AnswerProps {
  readonly message: Message;
  readonly meta: ReactNode;
  readonly mentions: readonly string[];
}

export function Answer({ message, meta, mentions }: AnswerProps) {
  // One that streamed while it was in view goes on being drawn from the stream, so that nothing jumps at its end.
  const [live] = useState(message.status === 'streaming');
  if (live || message.status === 'streaming') return <LiveAnswer message={message} meta={meta} mentions={mentions} />;
  return (
    <Parts
      parts={partsOf(message.content)}
      streaming={false}
      outcome={message.content.outcome ?? null}
      message={message}
      meta={meta}
      mentions={mentions}
    />
  );
}

function LiveAnswer({ message, meta, mentions }: AnswerProps) {
  const client = useClient();
  const stream = useSnapshot(useMemo(() => client.streams.get(message.message_id), [client, message.message_id]));
  const ended = message.status !== 'streaming';
  // An edit after the end is in the message only.
  const parts = ended && (message.edited_at !== null || !stream.streaming) ? partsOf(message.content) : stream.parts;
  return (
    <Parts
      parts={parts}
      streaming={!ended && stream.streaming}
      outcome={message.content.outcome ?? stream.outcome}
      message={message}
      meta={meta}
      mentions={mentions}
    />
  );
}

interface PartsProps extends AnswerProps {
  readonly parts: readonly StreamPart[];
  readonly streaming: boolean;
  readonly outcome: StreamOutcome | null;
}

function Parts({ parts, streaming, outcome, message, meta, mentions }: PartsProps) {
  const t = useT().streams;
  const text = parts.flatMap((part) => (part.type === 'text' ? [part.text ?? ''] : [])).join('\n\n');
  const results = new Map(
    parts.flatMap((part) => (part.type === 'tool_result' ? [[part.call_id ?? '', part] as const] : [])),
  );
  const last = parts.length - 1;
  return (
    <div aria-busy={streaming} data-streaming={streaming}>
      <div className="space-y-2.5">
        {parts.map((part, i) => {
          const growing = streaming && i === last;
          switch (part.type) {
            case 'text':
              return <TextPart key={i} text={part.text ?? ''} growing={growing} mentions={mentions} />;
            case 'reasoning':
              return <Reasoning key={i} text={part.text ?? ''} growing={growing} />;
            case 'tool_call':
              return (
                <ToolCard key={i} call={part} result={results.get(part.call_id ?? '') ?? null} streaming={streaming} />
              );
            case 'status':
              return growing ? <StatusLine key={i} text={part.text ?? ''} /> : null;
            default:
              return null;
          }
        })}
        {streaming && (parts.length === 0 || parts[last]?.type === 'tool_result') && <StatusLine text={t.thinking} />}
      </div>
      <footer className="mt-1.5 flex min-h-7 items-center gap-1 text-xs text-ink-3">
        {streaming ? (
          <StopButton message={message} />
        ) : (
          text !== '' && (
            <CopyButton
              text={text}
              label={t.copyAnswer}
              className="-ms-1.5 inline-flex size-7 items-center justify-center rounded-md text-ink-3 hover:bg-hover hover:text-ink [&>svg]:size-4"
            />
          )
        )}
        {!streaming && outcome !== null && outcome !== 'complete' && (
          <span className={outcome === 'error' ? 'text-danger' : undefined}>{t.outcome[outcome]}</span>
        )}
        {typeof message.content.model === 'string' && !streaming && (
          <span className="truncate">{message.content.model}</span>
        )}
        <span className="ms-auto [&>span]:mt-0">{meta}</span>
      </footer>
    </div>
  );
}

function TextPart({
  text,
  growing,
  mentions,
}: {
  readonly text: string;
  readonly growing: boolean;
  readonly mentions: readonly string[];
}) {
  const { shown, done } = useSmoothText(text, growing);
  return <Markdown text={shown} growing={!done} mentions={mentions} />;
}

function StopButton({ message }: { readonly message: Message }) {
  const t = useT().streams;
  const client = useClient();
  const [busy, setBusy] = useState(false);
  const stop = (): void => {
    setBusy(true);
    client.streams.cancel(message.message_id).catch((error: unknown) => {
      setBusy(false);
      toast(reasonOf(error), 'error');
    });
  };
  return (
    <Button
      size="small"
      busy={busy}
      onClick={stop}
      aria-label={t.stopAnswer}
      data-action="stop"
      className="h-7 px-2.5 text-xs"
    >
      {!busy && <Square aria-hidden className="size-3 fill-current" />}
      {t.stop}
    </Button>
  );
}
