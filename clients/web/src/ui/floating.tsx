/**
 * The layer that menus and popovers share: in the browser's top layer, beside its anchor, closed by Escape, a press
 * outside, or the window's resizing; the focus goes back to where it was.
 */
import { useEffect, useLayoutEffect, useRef, type ComponentProps, type ReactNode } from 'react';
import { cx } from './cx';
import { place, type Anchor, type Placement } from './place';

export interface FloatingProps extends Placement, Omit<ComponentProps<'div'>, 'ref'> {
  readonly anchor: Anchor;
  readonly onClose: () => void;
  readonly children: ReactNode;
  /** On a phone a sheet at the bottom. */
  readonly sheet?: boolean;
  /** Whether the focus moves inside, to `[data-autofocus]` or the layer itself. Default true. */
  readonly takeFocus?: boolean;
}

export function Floating({
  anchor,
  onClose,
  side,
  align,
  sheet = false,
  takeFocus = true,
  className,
  children,
  ...rest
}: FloatingProps) {
  const ref = useRef<HTMLDivElement>(null);
  const close = useRef(onClose);
  close.current = onClose;

  useLayoutEffect(() => {
    const layer = ref.current;
    if (layer === null) return;
    const before = document.activeElement as HTMLElement | null;
    layer.showPopover();
    const asSheet = sheet && window.innerWidth < 640;
    layer.classList.toggle('floating-sheet', asSheet);
    const options: Placement = { ...(side && { side }), ...(align && { align }) };
    if (!asSheet) place(layer, anchor, options);
    const observer = new ResizeObserver(() => !asSheet && place(layer, anchor, options));
    observer.observe(layer);
    if (takeFocus) (layer.querySelector<HTMLElement>('[data-autofocus]') ?? layer).focus();
    return () => {
      observer.disconnect();
      const inside = layer.contains(document.activeElement) || document.activeElement === document.body;
      if (takeFocus && inside && before?.isConnected) before.focus();
    };
    // The anchor of an open layer does not change.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);

  useEffect(() => {
    const pressed = (event: PointerEvent): void => {
      const target = event.target as Node;
      if (ref.current?.contains(target) || (anchor instanceof Element && anchor.contains(target))) return;
      close.current();
    };
    const key = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape') return;
      event.preventDefault();
      event.stopPropagation();
      close.current();
    };
    const resized = (): void => close.current();
    document.addEventListener('pointerdown', pressed, true);
    document.addEventListener('keydown', key, true);
    window.addEventListener('resize', resized);
    return () => {
      document.removeEventListener('pointerdown', pressed, true);
      document.removeEventListener('keydown', key, true);
      window.removeEventListener('resize', resized);
    };
  }, [anchor]);

  return (
    <div
      ref={ref}
      popover="manual"
      tabIndex={-1}
      {...rest}
      className={cx(
        'fixed inset-auto m-0 max-h-[min(28rem,calc(100dvh-1rem))] overflow-y-auto rounded-xl border border-line bg-raised text-ink shadow-float outline-none [&:popover-open]:animate-pop',
        className,
      )}
    >
      {children}
    </div>
  );
}
