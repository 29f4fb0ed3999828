/**
 * The frame of the application: the list, and beside it what the address says; on a narrow screen one of the two.
 * What is not needed for the first paint is loaded behind it.
 */
import { lazy, Suspense, useEffect } from 'react';
import { Route, Switch, useRoute } from 'wouter';
import { ConversationList } from '@/features/list';
import { ConnectionBanner } from '@/features/offline';
import { useT } from '@/i18n';
import { useClient } from '@/lib/client';
import { routes } from '@/lib/routes';
import { useSnapshot } from '@/lib/use_snapshot';
import { cx } from '@/ui/cx';
import { ErrorBoundary } from './error_boundary';
import { NothingOpen } from './nothing_open';
import { Overlays } from './overlays';

const loadConversation = () => import('@/features/messages');
const ConversationView = lazy(async () => ({ default: (await loadConversation()).ConversationView }));
const SettingsView = lazy(async () => ({ default: (await import('@/features/settings')).SettingsView }));
const Shortcuts = lazy(async () => ({ default: (await import('@/features/shortcuts')).Shortcuts }));

export function Shell() {
  const t = useT();
  const [inConversation, params] = useRoute(routes.conversationPattern);
  const [inSettings] = useRoute(routes.settingsPattern);
  const aside = inConversation || inSettings;
  const openId = inConversation ? params.id : null;
  useTitle();
  useEffect(() => void loadConversation(), []);
  return (
    <div className="flex h-full flex-col">
      {openId !== null && (
        <a
          href="#composer"
          className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:m-2 focus:rounded-lg focus:bg-accent focus:px-4 focus:py-2 focus:text-on-accent"
        >
          {t.common.skipToComposer}
        </a>
      )}
      <ConnectionBanner />
      <div className="flex min-h-0 flex-1">
        <nav
          aria-label={t.list.navigation}
          className={cx(
            'min-h-0 w-full shrink-0 border-line bg-surface md:flex md:w-80 md:border-r lg:w-88',
            aside ? 'hidden' : 'flex',
          )}
        >
          <ConversationList openId={openId} />
        </nav>
        <main className={cx('min-h-0 min-w-0 flex-1 md:flex', aside ? 'flex' : 'hidden')}>
          <ErrorBoundary key={openId ?? 'none'}>
            <Suspense fallback={<div className="flex-1 bg-canvas" />}>
              <Switch>
                <Route path={routes.conversationPattern}>{({ id }) => <ConversationView key={id} id={id} />}</Route>
                <Route path={routes.settingsPattern}>
                  <SettingsView />
                </Route>
                <Route>
                  <NothingOpen />
                </Route>
              </Switch>
            </Suspense>
          </ErrorBoundary>
        </main>
      </div>
      <Suspense fallback={null}>
        <Shortcuts openId={openId} />
      </Suspense>
      <Overlays />
    </div>
  );
}

/** The number of unread messages stands in the tab. */
function useTitle(): void {
  const { totalUnread } = useSnapshot(useClient().conversations);
  useEffect(() => {
    document.title = totalUnread > 0 ? `(${totalUnread}) AIIM` : 'AIIM';
  }, [totalUnread]);
}
