import { useRef } from 'react';
import type { Row } from './rows';

interface Change {
  /** Rows came in front: the list keeps its place from the end. */
  readonly shift: boolean;
  /** Another number: another stretch of the conversation, for which the list begins anew. */
  readonly generation: number;
}

/** How the rows came to be from those before. Pure; with 10,000 rows one walk over them. */
export function changeOf(before: readonly Row[], now: readonly Row[], generation: number): Change {
  const first = before.find((row) => row.kind === 'message');
  if (first === undefined) return { shift: false, generation };
  const at = now.findIndex((row) => row.key === first.key);
  if (at >= 0) return { shift: at > before.indexOf(first), generation };
  const held = new Set(before.map((row) => row.key));
  const overlaps = now.some((row) => row.kind === 'message' && held.has(row.key));
  return { shift: false, generation: overlaps || now.length === 0 ? generation : generation + 1 };
}

export function usePrepended(rows: readonly Row[]): Change {
  const state = useRef({ rows, change: { shift: false, generation: 0 } as Change });
  const { current } = state;
  if (current.rows !== rows) state.current = { rows, change: changeOf(current.rows, rows, current.change.generation) };
  return state.current.change;
}
