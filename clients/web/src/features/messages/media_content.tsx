/** Images and files that are given by their address. */
import { useState, type ReactNode } from 'react';
import { Download, FileText, ImageOff } from 'lucide-react';
import type { MessageContent } from '@aiim/client';
import { Markdown } from '@/features/markdown';
import { safeHref } from '@/features/markdown/links';
import { useT } from '@/i18n';
import { formatBytes } from '@/lib/bytes';
import { showOverlay } from '@/lib/overlays';
import { cx } from '@/ui/cx';

const widthMax = 360;
const heightMax = 400;

/** How large an image is shown: within bounds, with its own proportions, known before it has come. */
export function shownSize(width: number | undefined, height: number | undefined): { width: number; height: number } {
  if (!width || !height || width <= 0 || height <= 0) return { width: 280, height: 210 };
  const scale = Math.min(1, widthMax / width, heightMax / height);
  return { width: Math.max(48, Math.round(width * scale)), height: Math.max(48, Math.round(height * scale)) };
}

export function ImageContent({
  content,
  meta,
  bare,
}: {
  readonly content: MessageContent;
  readonly meta: ReactNode;
  readonly bare: boolean;
}) {
  const t = useT().messages;
  const [broken, setBroken] = useState(false);
  const url = typeof content.url === 'string' ? safeHref(content.url) : null;
  const size = shownSize(content.width, content.height);
  const caption = typeof content.caption === 'string' ? content.caption : '';
  if (url === null || broken)
    return (
      <p
        className={cx(
          'flex items-center gap-2 text-ink-3',
          bare && 'rounded-2xl border border-line bg-bubble px-3.5 py-2.5',
        )}
      >
        <ImageOff aria-hidden className="size-5 shrink-0" />
        {url === null ? t.unsupported : t.imageBroken}
        {meta}
      </p>
    );
  return (
    <>
      <button
        type="button"
        aria-label={caption ? `${t.openImage}: ${caption}` : t.openImage}
        onClick={() => showOverlay({ kind: 'image', url, caption })}
        style={{ width: size.width, aspectRatio: `${size.width} / ${size.height}` }}
        className={cx('relative block max-w-full overflow-hidden rounded-2xl bg-sunken', !bare && '-mx-1.5 mb-1.5')}
      >
        <img
          src={url}
          alt={caption}
          loading="lazy"
          decoding="async"
          referrerPolicy="no-referrer"
          onError={() => setBroken(true)}
          className="size-full object-cover"
        />
        {bare && (
          <span className="absolute right-2 bottom-2 rounded-full bg-raised/90 px-2 py-0.5 [&>span]:m-0 [&>span]:text-ink-2">
            {meta}
          </span>
        )}
      </button>
      {!bare && <Markdown text={caption} tail={meta} />}
    </>
  );
}

export function FileContent({ content, meta }: { readonly content: MessageContent; readonly meta: ReactNode }) {
  const t = useT().messages;
  const url = typeof content.url === 'string' ? safeHref(content.url) : null;
  const name = content.filename ?? t.file;
  const inner = (
    <>
      <span className="flex size-11 shrink-0 items-center justify-center rounded-xl bg-accent text-on-accent">
        <FileText aria-hidden className="size-5" />
      </span>
      <span className="min-w-0 flex-1">
        <bdi className="block truncate font-medium text-ink">{name}</bdi>
        <span className="block text-sm text-ink-3">
          {typeof content.file_size === 'number' ? formatBytes(content.file_size) : (content.content_type ?? t.file)}
        </span>
      </span>
      {url !== null && <Download aria-hidden className="size-5 shrink-0 text-ink-3" />}
    </>
  );
  return (
    <div className="flow-root">
      {url === null ? (
        <span className="flex w-72 max-w-full items-center gap-3">{inner}</span>
      ) : (
        <a href={url} target="_blank" rel="noopener noreferrer" className="flex w-72 max-w-full items-center gap-3">
          {inner}
        </a>
      )}
      {meta}
    </div>
  );
}
