/** The bubble: what is answered, what is said, and when; for an AI's answer a wide card. */
import type { DeliveryState, Message, MessageItem } from '@aiim/client';
import { Markdown } from '@/features/markdown';
import { Answer } from '@/features/streams';
import { useT } from '@/i18n';
import { clockTime, fullTime } from '@/lib/time';
import { cx } from '@/ui/cx';
import { Tick } from '@/ui/tick';
import { Ban } from 'lucide-react';
import { useMessages } from './context';
import { FileContent, ImageContent } from './media_content';
import { ReplyQuote } from './reply_quote';
import { useMentionLabels } from './mention_labels';

export interface MessageBodyProps {
  readonly item: MessageItem;
  readonly delivery: DeliveryState | null;
  readonly first: boolean;
  readonly last: boolean;
  readonly wide: boolean;
}

export function MessageBody({ item, delivery, first, last, wide }: MessageBodyProps) {
  const { userId } = useMessages();
  const { message, mine } = item;
  const recalled = message.status === 'recalled';
  const mentionsMe = !mine && message.content.mentions?.includes(userId) === true;
  const bare =
    !recalled &&
    message.reply_to === null &&
    ((message.type === 'image' && !message.content.caption) ||
      (message.type === 'text' && isOnlyEmoji(message.content.text ?? '')));
  return (
    <div
      className={cx(
        'relative max-w-full min-w-0 text-message',
        !bare && 'rounded-[1.15rem] px-3.5 py-2 shadow-small',
        !bare && (mine ? 'bg-bubble-own' : 'border border-line bg-bubble'),
        mine
          ? cx(!first && 'rounded-tr-md', !last && 'rounded-br-md')
          : cx(!first && 'rounded-tl-md', !last && 'rounded-bl-md'),
        wide && 'w-full px-4 py-3',
        mentionsMe && 'ring-2 ring-accent/60',
        item.pending === 'failed' && 'ring-1 ring-danger',
      )}
    >
      {message.reply_to !== null && !recalled && <ReplyQuote messageId={message.reply_to} mine={mine} />}
      {recalled ? (
        <Recalled mine={mine} meta={<Meta item={item} delivery={null} />} />
      ) : (
        <Content message={message} meta={<Meta item={item} delivery={delivery} />} wide={wide} bare={bare} />
      )}
    </div>
  );
}

function Content({
  message,
  meta,
  wide,
  bare,
}: {
  readonly message: Message;
  readonly meta: React.ReactNode;
  readonly wide: boolean;
  readonly bare: boolean;
}) {
  const t = useT().messages;
  const labels = useMentionLabels(message);
  if (wide) return <Answer message={message} meta={meta} mentions={labels} />;
  switch (message.type) {
    case 'image':
      return <ImageContent content={message.content} meta={meta} bare={bare} />;
    case 'file':
      return <FileContent content={message.content} meta={meta} />;
    default:
      if (typeof message.content.text !== 'string')
        return (
          <p className="text-ink-3 italic">
            {t.unsupported} {meta}
          </p>
        );
      if (isOnlyEmoji(message.content.text))
        return (
          <p className={cx('flex items-end text-[2.6rem] leading-[1.2]', !bare && 'flow-root')}>
            {message.content.text.trim()}
            <span className="text-base">{meta}</span>
          </p>
        );
      return (
        <Markdown text={message.content.text} growing={message.status === 'streaming'} tail={meta} mentions={labels} />
      );
  }
}

function Recalled({ mine, meta }: { readonly mine: boolean; readonly meta: React.ReactNode }) {
  const t = useT().messages;
  return (
    <p className="text-ink-3 italic">
      <Ban aria-hidden className="mr-1.5 inline size-4 align-[-0.15em]" />
      {mine ? t.recalledByYou : t.recalled}
      {meta}
    </p>
  );
}

const emojiOnly =
  /^(?:\p{Extended_Pictographic}(?:\uFE0F|\p{Emoji_Modifier}|\u200D\p{Extended_Pictographic})*|\p{Regional_Indicator}{2}|[0-9#*]\uFE0F\u20E3|\s){1,24}$/u;

export function isOnlyEmoji(text: string): boolean {
  const trimmed = text.trim();
  return (
    trimmed !== '' &&
    trimmed.length <= 24 &&
    emojiOnly.test(trimmed) &&
    /\p{Extended_Pictographic}|\p{Regional_Indicator}/u.test(trimmed)
  );
}

/** The time and the tick: at the end of the last line where there is room, else below it. */
function Meta({ item, delivery }: { readonly item: MessageItem; readonly delivery: DeliveryState | null }) {
  const t = useT().messages;
  const { message, mine } = item;
  return (
    <span
      dir="ltr"
      className={cx(
        'float-end ms-3 mt-[0.4em] inline-flex items-center gap-1 text-2xs leading-4 whitespace-nowrap not-italic select-none',
        mine ? 'text-bubble-own-meta' : 'text-ink-3',
      )}
    >
      {message.edited_at !== null && message.status !== 'recalled' && (
        <span data-tip={t.editedAt(fullTime(message.edited_at))}>{t.edited}</span>
      )}
      <time dateTime={message.created_at} data-tip={fullTime(message.created_at)} className="tabular-nums">
        {clockTime(message.created_at)}
      </time>
      {delivery !== null && <Tick state={delivery} />}
    </span>
  );
}
