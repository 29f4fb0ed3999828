/** The signed-in user's client, for every view below the shell. */
import { createContext, useContext } from 'react';
import type { AiimClient } from '@aiim/client';

export interface Session {
  readonly client: AiimClient;
  readonly userId: string;
  /** Ends the session on this device, and shows the login. */
  readonly signOut: () => Promise<void>;
  /** Shows the login and keeps this account signed in. */
  readonly switchAccount: () => void;
}

export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('there is no session here');
  return session;
}

export function useClient(): AiimClient {
  return useSession().client;
}
