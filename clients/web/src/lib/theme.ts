/** Light, dark, or as the system: kept on this device, set on the root element before the first paint. */
import { useSyncExternalStore } from 'react';

export type Theme = 'system' | 'light' | 'dark';

const key = 'aiim.theme';
const dark = window.matchMedia('(prefers-color-scheme: dark)');
const listeners = new Set<() => void>();

export function theme(): Theme {
  const stored = localStorage.getItem(key);
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}

function apply(): void {
  const chosen = theme();
  document.documentElement.dataset.theme = chosen === 'system' ? (dark.matches ? 'dark' : 'light') : chosen;
}

export function setTheme(chosen: Theme): void {
  localStorage.setItem(key, chosen);
  apply();
  for (const listener of [...listeners]) listener();
}

export function followTheme(): void {
  apply();
  dark.addEventListener('change', apply);
  window.addEventListener('storage', (event) => event.key === key && apply());
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, theme);
}
