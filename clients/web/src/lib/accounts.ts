/**
 * The accounts signed in on this device. Each has its own entry in localStorage; a tab remembers which one it is, so
 * that two windows of one browser can be two people. The Content-Security-Policy keeps foreign scripts away from them.
 */
import { AuthSession, LocalStorage, type User } from '@aiim/client';

const prefix = 'aiim.session.';
const lastKey = 'aiim.account';

export function sessionOf(username: string, language: string): AuthSession {
  return new AuthSession({ storage: new LocalStorage(), storageKey: prefix + username, language });
}

/** The account of this tab, else the one used last. */
export function currentAccount(): string | null {
  const name = sessionStorage.getItem(lastKey) ?? localStorage.getItem(lastKey);
  return name !== null && localStorage.getItem(prefix + name) !== null ? name : null;
}

export function rememberAccount(username: string): void {
  sessionStorage.setItem(lastKey, username);
  localStorage.setItem(lastKey, username);
}

/** This tab is nobody until somebody signs in. */
export function forgetAccount(): void {
  sessionStorage.setItem(lastKey, '');
}

/** Who is signed in on this device, by the name they sign in with. */
export function knownAccounts(): readonly { readonly username: string; readonly user: User }[] {
  const found: { username: string; user: User }[] = [];
  for (let i = 0; i < localStorage.length; i++) {
    const key = localStorage.key(i);
    if (!key?.startsWith(prefix)) continue;
    try {
      const { user } = JSON.parse(localStorage.getItem(key) ?? '') as { user: User };
      found.push({ username: key.slice(prefix.length), user });
    } catch {
      localStorage.removeItem(key);
    }
  }
  return found.sort((a, b) => a.username.localeCompare(b.username));
}
