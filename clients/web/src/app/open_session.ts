/** Makes the client of an account and starts it. */
import { AiimClient } from '@aiim/client';
import { locale } from '@/i18n';
import { sessionOf } from '@/lib/accounts';
import type { Session } from '@/lib/client';

export type EndReason = 'signed-out' | 'expired' | 'switched';

/** Null when the account's tokens are gone. `onEnd` is called once. */
export async function openSession(username: string, onEnd: (reason: EndReason) => void): Promise<Session | null> {
  const auth = sessionOf(username, locale());
  const user = await auth.user();
  if (user === null) return null;
  const client = new AiimClient({
    token: auth.token,
    storageKey: user.user_id,
    language: locale(),
    limits: { pageSize: 100 },
    onWarning: (message, cause) => console.warn('AIIM:', message, cause instanceof Error ? cause.message : ''),
  });
  let ended = false;
  const end = (reason: EndReason): void => {
    if (ended) return;
    ended = true;
    onEnd(reason);
  };
  client.on('signed.out', () => {
    void client.close();
    end('expired');
  });
  client.start();
  return {
    client,
    userId: user.user_id,
    signOut: async () => {
      await client.closeAndForget();
      await auth.logout().catch(() => undefined); // the tokens are forgotten here in any case
      end('signed-out');
    },
    switchAccount: () => {
      void client.close();
      end('switched');
    },
  };
}
