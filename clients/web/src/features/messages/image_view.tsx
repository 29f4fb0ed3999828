import { ExternalLink, X } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { useT } from '@/i18n';
import { IconButton } from '@/ui/button';

export interface ImageViewProps {
  readonly url: string;
  readonly caption: string;
  readonly onClose: () => void;
}

/** One image as large as the window allows. */
export function ImageView({ url, caption, onClose }: ImageViewProps) {
  const t = useT();
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => ref.current?.showModal(), []);
  return (
    <dialog
      ref={ref}
      aria-label={caption || t.messages.image}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === event.currentTarget && onClose()}
      className="m-0 h-dvh max-h-none w-screen max-w-none flex-col items-center justify-center gap-3 bg-transparent p-4 open:flex open:animate-fade backdrop:bg-[#000c]!"
    >
      <div className="absolute top-3 right-3 flex gap-1">
        <a
          href={url}
          target="_blank"
          rel="noopener noreferrer"
          aria-label={t.messages.openImage}
          className="inline-flex size-9 items-center justify-center rounded-lg bg-[#0008] text-[#fff]"
        >
          <ExternalLink aria-hidden className="size-5" />
        </a>
        <IconButton
          label={t.common.close}
          className="bg-[#0008] text-[#fff] hover:bg-[#000c] hover:text-[#fff]"
          onClick={onClose}
        >
          <X />
        </IconButton>
      </div>
      <img
        src={url}
        alt={caption}
        referrerPolicy="no-referrer"
        className="max-h-[calc(100dvh-6rem)] max-w-full rounded-lg object-contain"
      />
      {caption && <p className="max-w-prose text-center text-[#fff]">{caption}</p>}
    </dialog>
  );
}
