/** Who is signed in decides what is shown: the login, or the shell with that account's client. */
import { useCallback, useEffect, useState } from 'react';
import { Login } from '@/features/login';
import { currentAccount, forgetAccount, rememberAccount } from '@/lib/accounts';
import { SessionContext, type Session } from '@/lib/client';
import { Toasts } from '@/ui/toasts';
import { Tooltips } from '@/ui/tooltips';
import { ErrorBoundary } from './error_boundary';
import { openSession } from './open_session';
import { Shell } from './shell';

type Stage =
  | { readonly at: 'starting' }
  | { readonly at: 'login'; readonly expired: boolean }
  | { readonly at: 'in'; readonly session: Session };

export function App() {
  const [stage, setStage] = useState<Stage>({ at: 'starting' });

  const enter = useCallback(async (username: string) => {
    rememberAccount(username);
    const session = await openSession(username, (reason) => {
      if (reason !== 'expired') forgetAccount();
      setStage({ at: 'login', expired: reason === 'expired' });
    });
    setStage(session === null ? { at: 'login', expired: true } : { at: 'in', session });
  }, []);

  useEffect(() => {
    const account = currentAccount();
    if (account === null) setStage({ at: 'login', expired: false });
    else void enter(account);
  }, [enter]);

  return (
    <ErrorBoundary>
      {stage.at === 'login' && <Login expired={stage.expired} onSignedIn={(username) => void enter(username)} />}
      {stage.at === 'in' && (
        <SessionContext value={stage.session} key={stage.session.userId}>
          <Shell />
        </SessionContext>
      )}
      <Toasts />
      <Tooltips />
    </ErrorBoundary>
  );
}
