/** Where a floating element goes beside its anchor: below or above, kept inside the window. */

export type Anchor = Element | { readonly x: number; readonly y: number };

export interface Placement {
  readonly side?: 'below' | 'above';
  readonly align?: 'start' | 'end' | 'center';
}

const margin = 8;
const gap = 6;

export function place(
  floating: HTMLElement,
  anchor: Anchor,
  { side = 'below', align = 'start' }: Placement = {},
): void {
  const box =
    'x' in anchor && !(anchor instanceof Element)
      ? new DOMRect(anchor.x, anchor.y, 0, 0)
      : (anchor as Element).getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = floating;
  const { innerWidth, innerHeight } = window;
  const below = innerHeight - box.bottom - gap - margin;
  const above = box.top - gap - margin;
  const goesBelow = side === 'below' ? below >= height || below >= above : above < height && below > above;
  const top = goesBelow ? box.bottom + gap : box.top - gap - height;
  let left = align === 'start' ? box.left : align === 'end' ? box.right - width : box.left + box.width / 2 - width / 2;
  left = Math.min(Math.max(margin, left), innerWidth - width - margin);
  floating.style.left = `${Math.round(left)}px`;
  floating.style.top = `${Math.round(Math.min(Math.max(margin, top), Math.max(margin, innerHeight - height - margin)))}px`;
}
