/** Code with its language, a copy button, and colours that come later: the highlighter is loaded when first needed. */
import { useEffect, useState, type ReactNode } from 'react';
import { Check, Copy } from 'lucide-react';
import { useT } from '@/i18n';

export interface CodeBlockProps {
  readonly code: string;
  readonly language: string | null;
  /** More of it will come: it is coloured when it has ended. */
  readonly open: boolean;
}

const colouredMax = 60_000;
const copiedMs = 1_500;

export function CodeBlock({ code, language, open }: CodeBlockProps) {
  const t = useT();
  const [coloured, setColoured] = useState<{ readonly code: string; readonly node: ReactNode } | null>(null);
  useEffect(() => {
    if (open || language === null || code.length > colouredMax) return;
    let wanted = true;
    void import('./highlight').then(
      ({ highlight }) => wanted && setColoured({ code, node: highlight(code, language) }),
    );
    return () => void (wanted = false);
  }, [code, language, open]);
  return (
    <figure className="code">
      <figcaption>
        <span>{language ?? ''}</span>
        <CopyButton text={code} label={t.messages.copyCode} />
      </figcaption>
      <pre tabIndex={0} dir="ltr">
        <code>{coloured?.code === code ? coloured.node : code}</code>
      </pre>
    </figure>
  );
}

export function CopyButton({
  text,
  label,
  className,
}: {
  readonly text: string;
  readonly label: string;
  readonly className?: string;
}) {
  const t = useT().common;
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), copiedMs);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <button
      type="button"
      data-tip={copied ? t.copied : label}
      aria-label={copied ? t.copied : label}
      className={
        className ??
        'inline-flex size-7 items-center justify-center rounded-md text-ink-3 hover:bg-hover hover:text-ink [&>svg]:size-4'
      }
      onClick={() => void navigator.clipboard.writeText(text).then(() => setCopied(true))}
    >
      {copied ? <Check aria-hidden /> : <Copy aria-hidden />}
    </button>
  );
}
