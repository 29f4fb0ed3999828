/** One tooltip for the whole page: shows what `data-tip` says of the element under the pointer or the focus. */
import { useEffect, useRef } from 'react';
import { place } from './place';

const delayMs = 450;

export function Tooltips() {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const tip = ref.current as HTMLDivElement;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let shownFor: Element | null = null;
    const hide = (): void => {
      clearTimeout(timer);
      shownFor = null;
      if (tip.matches(':popover-open')) tip.hidePopover();
    };
    const show = (element: Element): void => {
      const text = element.getAttribute('data-tip');
      if (!text || !element.isConnected) return;
      tip.textContent = text;
      tip.showPopover();
      place(tip, element, { side: 'above', align: 'center' });
    };
    const over = (event: Event): void => {
      const element = (event.target as Element).closest?.('[data-tip]') ?? null;
      if (element === shownFor) return;
      hide();
      if (element === null) return;
      if (event.type === 'focusin' && !element.matches(':focus-visible')) return;
      shownFor = element;
      timer = setTimeout(() => show(element), delayMs);
    };
    const mouse = (event: PointerEvent): void => {
      if (event.pointerType === 'mouse') over(event);
    };
    document.addEventListener('pointerover', mouse);
    document.addEventListener('focusin', over);
    for (const type of ['pointerdown', 'keydown', 'focusout'] as const) document.addEventListener(type, hide, true);
    document.addEventListener('scroll', hide, true);
    return () => {
      hide();
      document.removeEventListener('pointerover', mouse);
      document.removeEventListener('focusin', over);
      for (const type of ['pointerdown', 'keydown', 'focusout'] as const)
        document.removeEventListener(type, hide, true);
      document.removeEventListener('scroll', hide, true);
    };
  }, []);
  return (
    <div
      ref={ref}
      popover="manual"
      aria-hidden
      className="pointer-events-none fixed inset-auto m-0 max-w-72 rounded-md bg-ink px-2 py-1 text-xs font-medium text-canvas shadow-float [&:popover-open]:animate-fade"
    />
  );
}
