/** Times as people read them, in the chosen language. Formatters are kept: making one is slow. */
import { locale, texts } from '@/i18n';

const formats = new Map<string, Intl.DateTimeFormat>();

function format(name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale()} ${name}`;
  let found = formats.get(key);
  if (found === undefined) formats.set(key, (found = new Intl.DateTimeFormat(locale(), options)));
  return found;
}

export function dayNumber(date: Date): number {
  return Math.floor((date.getTime() - date.getTimezoneOffset() * 60_000) / 86_400_000);
}

export function clockTime(at: string): string {
  return format('clock', { hour: 'numeric', minute: '2-digit' }).format(new Date(at));
}

export function fullTime(at: string): string {
  return format('full', { dateStyle: 'full', timeStyle: 'short' }).format(new Date(at));
}

/** "Today", "Yesterday", "Monday, 3 March", with the year when it is another. */
export function dayName(at: string, now = new Date()): string {
  const date = new Date(at);
  const days = dayNumber(now) - dayNumber(date);
  if (days === 0) return texts().messages.today;
  if (days === 1) return texts().messages.yesterday;
  if (date.getFullYear() === now.getFullYear())
    return format('day', { weekday: 'long', day: 'numeric', month: 'long' }).format(date);
  return format('dayOfYear', { day: 'numeric', month: 'long', year: 'numeric' }).format(date);
}

/** For a list: the time today, the weekday within a week, else the date. */
export function shortTime(at: string, now = new Date()): string {
  const date = new Date(at);
  const days = dayNumber(now) - dayNumber(date);
  if (days <= 0) return clockTime(at);
  if (days === 1) return texts().messages.yesterday;
  if (days < 7) return format('weekday', { weekday: 'short' }).format(date);
  if (date.getFullYear() === now.getFullYear()) return format('month', { day: 'numeric', month: 'short' }).format(date);
  return format('year', { day: 'numeric', month: 'numeric', year: '2-digit' }).format(date);
}

/** "5 minutes ago". */
export function ago(at: string, now = Date.now()): string {
  const seconds = Math.round((new Date(at).getTime() - now) / 1_000);
  const relative = new Intl.RelativeTimeFormat(locale(), { numeric: 'auto' });
  if (seconds > -60) return relative.format(0, 'minute');
  if (seconds > -3_600) return relative.format(Math.round(seconds / 60), 'minute');
  if (seconds > -86_400) return relative.format(Math.round(seconds / 3_600), 'hour');
  return relative.format(Math.round(seconds / 86_400), 'day');
}
