/**
 * The accounts signed in on this device. Each has its own entry in localStorage; a tab remembers which one it is, so
 * that two windows of one browser can be two people. The Content-Security-Policy keeps foreign scripts away from them.
 */
import { AuthSession, LocalStorage, type User } from '@aiim/client';

const prefix = 'aiim.session.';
const lastKey = 'aiim.account';
const demoKey = 'aiim.demo';

export function sessionOf(username: string, language: string): AuthSession {
  return new AuthSession({ storage: new LocalStorage(), storageKey: prefix + username, language });
}

/** The account of this tab, else the one used last; on a demo server a new window asks who one wants to be. */
export function currentAccount(): string | null {
  const asks = localStorage.getItem(demoKey) !== null;
  const name = sessionStorage.getItem(lastKey) ?? (asks ? null : localStorage.getItem(lastKey));
  return name !== null && localStorage.getItem(prefix + name) !== null ? name : null;
}

export function rememberAccount(username: string): void {
  sessionStorage.setItem(lastKey, username);
  localStorage.setItem(lastKey, username);
}

/** Whether the server is a demo, for the next window. */
export function rememberDemo(demo: boolean): void {
  if (demo) localStorage.setItem(demoKey, '1');
  else localStorage.removeItem(demoKey);
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
