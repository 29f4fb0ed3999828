import type { ReactNode } from 'react';

/** The text with its "@Name"s highlighted. */
export function withMentions(text: string, labels: readonly string[] | undefined): ReactNode {
  if (labels === undefined || labels.length === 0 || !text.includes('@')) return text;
  const pattern = new RegExp(`(${labels.map(escaped).join('|')})`, 'gu');
  const pieces = text.split(pattern);
  return pieces.map((piece, i) =>
    i % 2 === 1 ? (
      <span key={i} className="mention">
        {piece}
      </span>
    ) : (
      piece
    ),
  );
}

function escaped(label: string): string {
  return label.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
