/** Which addresses a message may link to. Pure. */

const allowed = new Set(['http:', 'https:', 'mailto:']);

/** The address if it may be opened, else null: never a script, never a file. */
export function safeHref(href: string): string | null {
  try {
    const url = new URL(href);
    return allowed.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}
