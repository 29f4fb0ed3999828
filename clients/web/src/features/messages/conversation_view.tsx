/** One conversation: its header, its messages, and where one writes. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { lazy, Suspense } from 'react';
import { MessageCircleOff } from 'lucide-react';
import { useLocation } from 'wouter';
import type { Message } from '@aiim/client';
import { Composer, type ComposerHandle } from '@/features/composer';
import { useConversationTitle } from '@/features/people';
import { useT } from '@/i18n';
import { useSession } from '@/lib/client';
import { routes } from '@/lib/routes';
import { useSnapshot } from '@/lib/use_snapshot';
import { Button } from '@/ui/button';
import { EmptyState } from '@/ui/states';
import { MessagesContext, type MessagesContextValue } from './context';
import { ConversationHeader } from './conversation_header';
import { useMessageMenus } from './message_menus';
import { MessageList, type MessageListHandle } from './message_list';

const DetailsPanel = lazy(async () => ({ default: (await import('@/features/members')).DetailsPanel }));

export function ConversationView({ id }: { readonly id: string }) {
  const t = useT();
  const { client, userId } = useSession();
  const [, navigate] = useLocation();
  const store = client.conversation(id);
  const snapshot = useSnapshot(store);
  useEffect(() => store.open(), [store]);
  const title = useConversationTitle(snapshot.conversation);
  const [details, setDetails] = useState(false);
  const composer = useRef<ComposerHandle>(null);
  const list = useRef<MessageListHandle>(null);
  const { menu, pickReaction, menus } = useMessageMenus(store, userId, {
    reply: (message) => composer.current?.reply(message),
    edit: (message) => composer.current?.edit(message),
  });
  const group = snapshot.conversation?.type === 'group';
  const reply = useCallback((message: Message) => composer.current?.reply(message), []);
  const edit = useCallback((message: Message) => composer.current?.edit(message), []);
  const jumpTo = useCallback((messageId: string) => void list.current?.jumpTo(messageId), []);
  const context = useMemo<MessagesContextValue>(
    () => ({ store, userId, group, actions: { reply, edit, jumpTo, menu, pickReaction } }),
    [store, userId, group, reply, edit, jumpTo, menu, pickReaction],
  );
  const editLast = useCallback((): boolean => {
    const own = store
      .getSnapshot()
      .items.findLast(
        (item) =>
          item.mine && item.pending === null && item.message.type === 'text' && item.message.status !== 'recalled',
      );
    if (own === undefined || own.message.status === 'streaming') return false;
    composer.current?.edit(own.message);
    return true;
  }, [store]);

  if (snapshot.status === 'removed')
    return (
      <EmptyState
        className="flex-1 bg-canvas"
        icon={<MessageCircleOff />}
        title={t.messages.removed}
        text={t.messages.removedText}
        action={<Button onClick={() => navigate(routes.home)}>{t.common.back}</Button>}
      />
    );
  return (
    <MessagesContext value={context}>
      <div className="relative flex min-h-0 min-w-0 flex-1">
        <section aria-label={title} className="flex min-h-0 min-w-0 flex-1 flex-col bg-canvas">
          <ConversationHeader
            snapshot={snapshot}
            title={title}
            detailsOpen={details}
            onDetails={() => setDetails(!details)}
          />
          <MessageList ref={list} store={store} snapshot={snapshot} title={title} />
          <Composer
            key={id}
            ref={composer}
            store={store}
            title={title}
            members={snapshot.members}
            onEditLast={editLast}
            onSent={() => list.current?.sent()}
          />
        </section>
        {details && (
          <Suspense fallback={null}>
            <DetailsPanel id={id} onClose={() => setDetails(false)} />
          </Suspense>
        )}
      </div>
      {menus}
    </MessagesContext>
  );
}
