/** The reactions under a message: a press adds one's own or takes it back. */
import type { Message, Reaction } from '@aiim/client';
import { useNames } from '@/features/people';
import { useT } from '@/i18n';
import { reasonOf } from '@/lib/failures';
import { cx } from '@/ui/cx';
import { toast } from '@/ui/toasts';
import { useMessages } from './context';

const namedMax = 8;

export function Reactions({ message }: { readonly message: Message }) {
  if (message.reactions.length === 0) return null;
  return (
    <div className="relative z-[1] -mt-1 flex flex-wrap gap-1 px-2 pb-0.5">
      {message.reactions.map((reaction) => (
        <ReactionChip key={reaction.emoji} messageId={message.message_id} reaction={reaction} />
      ))}
    </div>
  );
}

function ReactionChip({ messageId, reaction }: { readonly messageId: string; readonly reaction: Reaction }) {
  const t = useT();
  const { store, userId } = useMessages();
  const mine = reaction.user_ids.includes(userId);
  const shown = reaction.user_ids.slice(0, namedMax);
  const names = useNames(shown).map((name, i) => (shown[i] === userId ? t.common.you : name));
  const more = reaction.count - shown.length;
  const who = more > 0 ? t.messages.andMore(names.join(', '), more) : names.join(', ');
  const toggle = (): void => {
    const work = mine ? store.unreact(messageId, reaction.emoji) : store.react(messageId, reaction.emoji);
    work.catch((error: unknown) => toast(reasonOf(error), 'error'));
  };
  const label = t.messages.reactedWith(who, reaction.emoji);
  return (
    <button
      type="button"
      aria-pressed={mine}
      aria-label={`${reaction.emoji} ${reaction.count}, ${label}`}
      data-tip={label}
      data-reaction={reaction.emoji}
      onClick={toggle}
      className={cx(
        'inline-flex h-6.5 animate-pop items-center gap-1 rounded-full border px-2 text-sm leading-none transition-colors',
        mine
          ? 'border-accent bg-accent-soft text-accent-ink'
          : 'border-line bg-raised text-ink-2 hover:border-line-strong',
      )}
    >
      <span className="text-[0.95rem]">{reaction.emoji}</span>
      <span className="text-xs font-semibold tabular-nums">{reaction.count}</span>
    </button>
  );
}
