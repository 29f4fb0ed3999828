/** Menus by the ARIA pattern: arrows, Home, End and letters move, Enter chooses, Escape and Tab close. */
import {
  createContext,
  useContext,
  useState,
  type ComponentProps,
  type KeyboardEvent,
  type ReactElement,
  type ReactNode,
} from 'react';
import { cloneElement } from 'react';
import { cx } from './cx';
import { Floating } from './floating';
import type { Anchor, Placement } from './place';

const CloseContext = createContext<() => void>(() => undefined);

export interface MenuProps extends Placement {
  readonly label: string;
  readonly anchor: Anchor;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** An open menu. Mount it to open it. */
export function Menu({ label, anchor, onClose, children, ...placement }: MenuProps) {
  return (
    <CloseContext value={onClose}>
      <Floating
        {...placement}
        anchor={anchor}
        onClose={onClose}
        sheet
        role="menu"
        aria-label={label}
        onKeyDown={(event) => moveInMenu(event, onClose)}
        onContextMenu={(event) => event.preventDefault()}
        className="min-w-52 max-w-80 p-1.5"
      >
        {children}
      </Floating>
    </CloseContext>
  );
}

function moveInMenu(event: KeyboardEvent<HTMLElement>, close: () => void): void {
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>('[role^=menuitem]:not(:disabled)')];
  const at = items.indexOf(document.activeElement as HTMLElement);
  let to: HTMLElement | undefined;
  if (event.key === 'ArrowDown') to = items[(at + 1) % items.length];
  else if (event.key === 'ArrowUp') to = items[(at <= 0 ? items.length : at) - 1];
  else if (event.key === 'Home') to = items[0];
  else if (event.key === 'End') to = items.at(-1);
  else if (event.key === 'Tab') close();
  else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey) {
    const letter = event.key.toLowerCase();
    const rotated = [...items.slice(at + 1), ...items.slice(0, at + 1)];
    to = rotated.find((item) => item.textContent?.trim().toLowerCase().startsWith(letter));
  } else return;
  event.preventDefault();
  event.stopPropagation();
  to?.focus();
}

export interface MenuItemProps extends Omit<ComponentProps<'button'>, 'onSelect'> {
  readonly icon?: ReactNode;
  readonly shortcut?: string;
  readonly danger?: boolean;
  /** For a choice among several. */
  readonly checked?: boolean;
  readonly onSelect: () => void;
}

export function MenuItem({ icon, shortcut, danger, checked, onSelect, children, ...rest }: MenuItemProps) {
  const close = useContext(CloseContext);
  return (
    <button
      type="button"
      role={checked === undefined ? 'menuitem' : 'menuitemradio'}
      aria-checked={checked}
      tabIndex={-1}
      {...rest}
      onClick={() => {
        close();
        onSelect();
      }}
      onPointerMove={(event) => event.currentTarget.focus()}
      className={cx(
        'flex h-9 w-full items-center gap-3 rounded-lg px-2.5 text-left text-base outline-none select-none disabled:opacity-45 pointer-coarse:h-11 [&>svg]:size-4.5 [&>svg]:shrink-0',
        danger ? 'text-danger focus:bg-danger-soft' : 'text-ink focus:bg-hover [&>svg]:text-ink-2',
      )}
    >
      {icon}
      <span className="min-w-0 flex-1 truncate">{children}</span>
      {checked === true && <span aria-hidden>✓</span>}
      {shortcut !== undefined && <kbd className="font-sans text-xs text-ink-3">{shortcut}</kbd>}
    </button>
  );
}

export function MenuSeparator() {
  return <div role="separator" className="mx-2 my-1.5 h-px bg-line" />;
}

interface TriggerProps {
  readonly onClick?: (event: React.MouseEvent<HTMLElement>) => void;
  readonly 'aria-haspopup'?: 'menu';
  readonly 'aria-expanded'?: boolean;
}

export interface MenuButtonProps extends Placement {
  readonly label: string;
  /** The button that opens it. */
  readonly button: ReactElement<TriggerProps>;
  readonly children: ReactNode;
}

/** A button that opens a menu. */
export function MenuButton({ label, button, children, ...placement }: MenuButtonProps) {
  const [anchor, setAnchor] = useState<Element | null>(null);
  return (
    <>
      {cloneElement(button, {
        'aria-haspopup': 'menu',
        'aria-expanded': anchor !== null,
        onClick: (event) => setAnchor(anchor === null ? event.currentTarget : null),
      })}
      {anchor !== null && (
        <Menu {...placement} label={label} anchor={anchor} onClose={() => setAnchor(null)}>
          {children}
        </Menu>
      )}
    </>
  );
}
