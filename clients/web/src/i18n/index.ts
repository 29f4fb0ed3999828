/**
 * The texts in each language. English is the shape; TypeScript refuses a language that lacks a text. A text with an
 * argument or a plural is a function. Each language is a chunk of its own, loaded before the first paint.
 */
import { useSyncExternalStore } from 'react';
import type { en } from './en';

export type Locale = 'en' | 'zh-CN';
export type Messages = typeof en;

export const locales: readonly { readonly locale: Locale; readonly name: string }[] = [
  { locale: 'en', name: 'English' },
  { locale: 'zh-CN', name: '简体中文' },
];

const loaders: Readonly<Record<Locale, () => Promise<Messages>>> = {
  en: async () => (await import('./en')).en,
  'zh-CN': async () => (await import('./zh_cn')).zhCn,
};

const key = 'aiim.locale';
let current: { readonly locale: Locale; readonly messages: Messages } | null = null;
const listeners = new Set<() => void>();

/** The language chosen before, else the browser's. */
export function preferredLocale(): Locale {
  const stored = localStorage.getItem(key);
  if (stored === 'en' || stored === 'zh-CN') return stored;
  return navigator.languages
    .find((tag) => /^(en|zh)\b/i.test(tag))
    ?.toLowerCase()
    .startsWith('zh')
    ? 'zh-CN'
    : 'en';
}

export async function loadLocale(locale: Locale): Promise<void> {
  current = { locale, messages: await loaders[locale]() };
  document.documentElement.lang = locale;
  for (const listener of [...listeners]) listener();
}

/** Loads a language and remembers the choice. */
export async function chooseLocale(locale: Locale): Promise<void> {
  localStorage.setItem(key, locale);
  await loadLocale(locale);
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => void listeners.delete(listener);
};

function state(): { readonly locale: Locale; readonly messages: Messages } {
  if (current === null) throw new Error('no language is loaded yet');
  return current;
}

/** The texts; the view is drawn again when the language changes. */
export function useT(): Messages {
  return useSyncExternalStore(subscribe, state).messages;
}

export function useLocale(): Locale {
  return useSyncExternalStore(subscribe, state).locale;
}

/** The texts, outside of views. */
export function texts(): Messages {
  return state().messages;
}

export function locale(): Locale {
  return state().locale;
}
