/**
 * Text arrives in lumps; people read a flow. Shows it at the pace at which it comes, a fraction of what waits with each
 * frame, and never half of a sign (an emoji of several code points, a letter with its marks).
 */
import { useEffect, useRef, useState } from 'react';

/** What waits is shown within about this time. */
const catchUpMs = 260;
const perFrameMin = 1;
/** Beyond this nobody reads along. */
const behindMax = 1_200;

/** The next cut after `from`, about `step` further, between two signs of `text`. Pure. */
export function nextCut(text: string, from: number, step: number): number {
  const wanted = from + Math.max(perFrameMin, Math.floor(step));
  if (wanted >= text.length) return text.length;
  const window = text.slice(from, wanted + 48);
  let cut = from;
  for (const { index, segment } of graphemes().segment(window)) {
    cut = from + index + segment.length;
    if (cut >= wanted) break;
  }
  return Math.min(cut, text.length);
}

let segmenter: Intl.Segmenter | null = null;
function graphemes(): Intl.Segmenter {
  return (segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' }));
}

function calm(): boolean {
  return document.hidden || window.matchMedia('(prefers-reduced-motion: reduce)').matches;
}

/** `done`: everything is shown, and nothing more will come. */
export function useSmoothText(text: string, growing: boolean): { readonly shown: string; readonly done: boolean } {
  const [length, setLength] = useState(() => (growing ? 0 : text.length));
  const state = useRef({ text, length });
  state.current.text = text;
  if (length > text.length) state.current.length = text.length;
  const behind = state.current.length < text.length;

  useEffect(() => {
    if (!behind) return;
    let frame = 0;
    let last = performance.now();
    const step = (now: number): void => {
      const { current } = state;
      const elapsed = Math.min(100, now - last);
      last = now;
      const waiting = current.text.length - current.length;
      if (waiting <= 0) return;
      current.length =
        calm() || waiting > behindMax
          ? current.text.length
          : nextCut(current.text, current.length, (waiting * elapsed) / catchUpMs);
      setLength(current.length);
      frame = requestAnimationFrame(step);
    };
    if (calm()) {
      state.current.length = state.current.text.length;
      setLength(state.current.length);
      return;
    }
    frame = requestAnimationFrame(step);
    return () => cancelAnimationFrame(frame);
  }, [behind]);

  const shownLength = Math.min(length, text.length);
  return { shown: text.slice(0, shownLength), done: !growing && shownLength === text.length };
}
