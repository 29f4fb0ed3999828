/** Where one writes. What is typed lives here alone, so that a keystroke draws nothing but this. */
import {
  useCallback,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
  type ClipboardEvent,
  type KeyboardEvent,
  type Ref,
} from 'react';
import { SendHorizontal, Smile } from 'lucide-react';
import {
  AiimError,
  type ConversationMember,
  type ConversationStore,
  type Message,
  type MessageContent,
} from '@aiim/client';
import { EmojiPicker } from '@/features/emoji';
import { userNameOf } from '@/features/people';
import { useT } from '@/i18n';
import { useSession } from '@/lib/client';
import { emptyDraft, readDraft, writeDraft, type Draft } from '@/lib/drafts';
import { reasonOf } from '@/lib/failures';
import { IconButton } from '@/ui/button';
import { cx } from '@/ui/cx';
import { toast } from '@/ui/toasts';
import { ComposerContext } from './composer_context';
import { completionAt, labelled, mentionedIn, replaceRange, type Completion } from './mentions';
import { Suggestions, type SuggestionsHandle } from './suggestions';

export interface ComposerHandle {
  reply(message: Message): void;
  edit(message: Message): void;
  focus(): void;
}

export interface ComposerProps {
  readonly ref?: Ref<ComposerHandle>;
  readonly store: ConversationStore;
  readonly title: string;
  readonly members: readonly ConversationMember[];
  /** ↑ in an empty field; whether there was something to edit. */
  readonly onEditLast: () => boolean;
  readonly onSent: () => void;
}

const saveAfterMs = 300;
const growsByItself = CSS.supports('field-sizing', 'content');

export function Composer({ ref, store, title, members, onEditLast, onSent }: ComposerProps) {
  const t = useT().composer;
  const { client, userId } = useSession();
  const [draft, setDraft] = useState<Draft>(() => readDraft(userId, store.id));
  const [editing, setEditing] = useState<Message | null>(null);
  const [completion, setCompletion] = useState<Completion | null>(null);
  const [emojiAt, setEmojiAt] = useState<Element | null>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const suggestions = useRef<SuggestionsHandle>(null);
  const composing = useRef(false);
  const kept = useRef<Draft>(draft); // what was being written before an edit began
  useSavedDraft(userId, store.id, editing === null ? draft : kept.current);

  const focus = useCallback(() => field.current?.focus(), []);
  useEffect(() => {
    if (window.matchMedia('(hover: hover)').matches) focus();
  }, [focus]);

  // Where the browser cannot size the field by its content.
  useLayoutEffect(() => {
    const element = field.current;
    if (growsByItself || element === null) return;
    element.style.height = 'auto';
    element.style.height = `${element.scrollHeight}px`;
  }, [draft.text]);

  const put = useCallback((next: Draft, caret?: number) => {
    setDraft(next);
    if (caret === undefined) return;
    requestAnimationFrame(() => field.current?.setSelectionRange(caret, caret));
  }, []);

  const stopEditing = useCallback(() => {
    setEditing(null);
    put(kept.current);
    focus();
  }, [put, focus]);

  useImperativeHandle(ref, () => ({
    focus,
    reply(message) {
      if (editing !== null) stopEditing();
      setDraft((now) => ({ ...now, replyTo: message.message_id }));
      focus();
    },
    edit(message) {
      if (editing === null) kept.current = draft;
      const text = message.content.text ?? '';
      setEditing(message);
      const named = (message.content.mentions ?? []).map((id) => ({ userId: id, name: userNameOf(client, id) }));
      put({ text, mentions: labelled(text, named), replyTo: null }, text.length);
      focus();
    },
  }));

  const changed = (text: string, caret: number): void => {
    setDraft((now) => ({ ...now, text }));
    setCompletion(completionAt(text, caret));
    if (editing === null) store.setTyping(text.trim() !== '');
  };

  const insert = (
    by: string,
    from = field.current?.selectionStart ?? draft.text.length,
    to = field.current?.selectionEnd ?? from,
    mention?: Draft['mentions'][number],
  ): void => {
    const { text, caret } = replaceRange(draft.text, from, to, by);
    put({ ...draft, text, mentions: mention === undefined ? draft.mentions : [...draft.mentions, mention] }, caret);
    setCompletion(null);
    focus();
  };

  const submit = (): void => {
    const text = draft.text.trim();
    if (text === '') return;
    const mentions = mentionedIn(text, draft.mentions);
    const content: MessageContent = mentions.length > 0 ? { text, mentions } : { text };
    if (editing !== null) {
      const before = editing.content;
      stopEditing();
      if (before.text === text) return;
      store.edit(editing.message_id, content).catch((error: unknown) => {
        toast(reasonOf(error), 'error');
        if (!(error instanceof AiimError) || error.code !== 'too_large') return;
        setEditing(editing); // to be shortened
        put(draft);
      });
      return;
    }
    try {
      store.send(content, draft.replyTo === null ? {} : { replyTo: draft.replyTo });
    } catch (error) {
      toast(reasonOf(error instanceof AiimError ? error : null), 'error');
      return;
    }
    put(emptyDraft);
    writeDraft(userId, store.id, emptyDraft);
    setCompletion(null);
    onSent();
  };

  const key = (event: KeyboardEvent<HTMLTextAreaElement>): void => {
    // While an input method composes, its keys are its own. Safari ends composing before it reports the key, as 229.
    if (event.nativeEvent.isComposing || event.keyCode === 229 || composing.current) return;
    if (completion !== null && suggestions.current?.key(event) === true) return;
    const plain = !event.shiftKey && !event.altKey && !event.ctrlKey && !event.metaKey;
    if (
      event.key === 'Enter' &&
      (event.ctrlKey || event.metaKey || (plain && !window.matchMedia('(pointer: coarse)').matches))
    ) {
      event.preventDefault();
      submit();
    } else if (event.key === 'ArrowUp' && plain && draft.text === '' && editing === null) {
      if (onEditLast()) event.preventDefault();
    } else if (event.key === 'Escape') {
      if (completion !== null) setCompletion(null);
      else if (editing !== null) stopEditing();
      else if (draft.replyTo !== null) setDraft({ ...draft, replyTo: null });
      else return;
      event.preventDefault();
      event.stopPropagation();
    }
  };

  const paste = (event: ClipboardEvent): void => {
    // Only text can be sent from here; anything else that is pasted would be lost silently.
    if (event.clipboardData.getData('text/plain') === '' && event.clipboardData.files.length > 0)
      event.preventDefault();
  };

  const empty = draft.text.trim() === '';
  return (
    <div className="shrink-0 px-3 pb-[max(0.75rem,env(safe-area-inset-bottom))] md:px-6">
      <div className="relative mx-auto max-w-4xl">
        {completion !== null && (
          <Suggestions
            ref={suggestions}
            completion={completion}
            members={members}
            onChoose={(label, mention) => insert(`${label} `, completion.from, completion.to, mention)}
            onNothing={() => setCompletion(null)}
          />
        )}
        <div className="rounded-2xl border border-line-strong bg-surface shadow-small transition-colors focus-within:border-accent focus-within:ring-3 focus-within:ring-accent/15">
          <ComposerContext
            store={store}
            replyTo={editing === null ? draft.replyTo : null}
            editing={editing}
            onCancel={() => (editing === null ? setDraft({ ...draft, replyTo: null }) : stopEditing())}
          />
          <div className="flex items-end gap-1 p-1.5">
            <textarea
              ref={field}
              id="composer"
              rows={1}
              dir="auto"
              aria-label={t.placeholder(title)}
              placeholder={t.placeholder(title)}
              value={draft.text}
              enterKeyHint="send"
              autoComplete="off"
              onChange={(event) => changed(event.target.value, event.target.selectionStart)}
              onSelect={(event) => {
                const { value, selectionStart } = event.currentTarget;
                setCompletion((now) => (now === null ? null : completionAt(value, selectionStart)));
              }}
              onKeyDown={key}
              onPaste={paste}
              onCompositionStart={() => (composing.current = true)}
              onCompositionEnd={() => (composing.current = false)}
              onBlur={() => store.setTyping(false)}
              aria-autocomplete="list"
              aria-controls={completion !== null ? 'suggestions' : undefined}
              className="field-sizing-content max-h-[min(14rem,40dvh)] min-h-9 flex-1 resize-none bg-transparent px-2.5 py-1.75 text-message outline-none"
            />
            <IconButton
              label={t.emoji}
              pressed={emojiAt !== null}
              onClick={(event) => setEmojiAt(emojiAt === null ? event.currentTarget : null)}
            >
              <Smile />
            </IconButton>
            <IconButton
              label={editing === null ? t.send : t.saveEdit}
              disabled={empty}
              onClick={submit}
              // The field keeps the focus, and with it a phone's keyboard.
              onPointerDown={(event) => event.preventDefault()}
              className={cx(!empty && 'bg-accent text-on-accent hover:bg-accent-strong hover:text-on-accent')}
            >
              <SendHorizontal />
            </IconButton>
          </div>
        </div>
      </div>
      {emojiAt !== null && (
        <EmojiPicker
          anchor={emojiAt}
          onClose={() => setEmojiAt(null)}
          onPick={(emoji) => {
            setEmojiAt(null);
            insert(emoji);
          }}
        />
      )}
    </div>
  );
}

/** The draft goes to the device when one pauses, leaves the conversation, or closes the page. */
function useSavedDraft(userId: string, conversationId: string, draft: Draft): void {
  const latest = useRef(draft);
  latest.current = draft;
  useEffect(() => {
    const timer = setTimeout(() => writeDraft(userId, conversationId, draft), saveAfterMs);
    return () => clearTimeout(timer);
  }, [userId, conversationId, draft]);
  useEffect(() => {
    const save = (): void => writeDraft(userId, conversationId, latest.current);
    window.addEventListener('pagehide', save);
    return () => {
      window.removeEventListener('pagehide', save);
      save();
    };
  }, [userId, conversationId]);
}
