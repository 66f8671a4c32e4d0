/**
 * A menu that opens from a button: the browser’s own popover, which lies above everything, closes
 * on Escape or a click elsewhere, and returns the focus.
 *
 * `trigger` must be a <button> that spreads its props. The items are rendered only while the menu
 * is open.
 */
import { Check, type LucideIcon } from 'lucide-react';
import {
  cloneElement,
  type KeyboardEvent,
  type ReactElement,
  type ReactNode,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import { placeBelow } from './placing.ts';

const row =
  'flex w-full cursor-default items-center gap-2 rounded-sm px-2 py-1.5 text-start outline-none select-none hover:bg-hover focus:bg-hover aria-disabled:opacity-50';
const itemsIn = (menu: HTMLElement) => [
  ...menu.querySelectorAll<HTMLElement>('[role^=menuitem]:not([aria-disabled=true])'),
];

/** A menu; its children are {@link MenuItem}s and the like. */
export function Menu({
  trigger,
  children,
  align = 'end',
}: {
  trigger: ReactElement<Record<string, unknown>>;
  children: ReactNode;
  /** Which edges of button and menu are aligned. */
  align?: 'start' | 'end';
}): ReactNode {
  const id = useId();
  const menu = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  useLayoutEffect(() => {
    const element = menu.current;
    const button = document.getElementById(`${id}-button`);
    if (!open || !element || !button) return;
    placeBelow(element, button, align);
    const first = element.querySelector<HTMLElement>('[aria-checked=true]') ?? itemsIn(element)[0];
    first?.focus({ preventScroll: true });
    first?.scrollIntoView({ block: 'nearest' });
  }, [open, align, id]);
  useEffect(() => {
    if (!open) return;
    const close = () => menu.current?.hidePopover();
    window.addEventListener('scroll', close);
    return () => window.removeEventListener('scroll', close);
  }, [open]);
  return (
    <>
      {cloneElement(trigger, {
        id: `${id}-button`,
        popoverTarget: id,
        'aria-haspopup': 'menu',
        'aria-expanded': open,
      })}
      <div
        ref={menu}
        id={id}
        popover="auto"
        role="menu"
        aria-labelledby={`${id}-button`}
        onToggle={(event) => setOpen(event.newState === 'open')}
        onKeyDown={(event) => moveIn(event)}
        className="m-0 min-w-44 overflow-y-auto rounded-md border border-line bg-raised p-1 text-base font-normal text-ink shadow-float"
        style={{ visibility: open ? 'visible' : 'hidden' }}
      >
        {open && children}
      </div>
    </>
  );
}

/** Arrows, Home and End move; a letter goes to the next item that begins with it; Tab leaves. */
function moveIn(event: KeyboardEvent<HTMLElement>): void {
  const menu = event.currentTarget;
  const items = itemsIn(menu);
  const at = items.indexOf(document.activeElement as HTMLElement);
  const go = (to: number) => items[(to + items.length) % items.length]?.focus();
  const { key } = event;
  if (key === 'ArrowDown') go(at + 1);
  else if (key === 'ArrowUp') go(at < 0 ? -1 : at - 1);
  else if (key === 'Home') go(0);
  else if (key === 'End') go(-1);
  else if (key === 'Tab') menu.hidePopover();
  else if (key.length === 1 && key !== ' ' && !event.ctrlKey && !event.metaKey) {
    const after = [...items.slice(at + 1), ...items.slice(0, at + 1)];
    after.find((item) => item.textContent?.trim().toLowerCase().startsWith(key.toLowerCase()))?.focus();
  } else return;
  event.preventDefault();
  event.stopPropagation();
}

/** Closes the menu that an item is in; the focus goes back to its button. */
const closeAround = (item: Element) => item.closest<HTMLElement>('[popover]')?.hidePopover();

/** An item that runs an action. */
export function MenuItem({
  icon: Icon,
  onSelect,
  disabled = false,
  danger = false,
  children,
}: {
  icon?: LucideIcon;
  onSelect: () => void;
  disabled?: boolean;
  danger?: boolean;
  children: ReactNode;
}): ReactNode {
  return (
    <button
      type="button"
      role="menuitem"
      tabIndex={-1}
      aria-disabled={disabled || undefined}
      onClick={(event) => {
        if (disabled) return;
        closeAround(event.currentTarget);
        onSelect();
      }}
      className={`${row} ${danger ? 'text-dead' : ''}`}
    >
      {Icon && <Icon size={15} strokeWidth={1.75} aria-hidden />}
      {children}
    </button>
  );
}

/** A group of items of which one is selected. */
export function MenuChoices<T extends string>({
  value,
  onChange,
  choices,
}: {
  value: T;
  onChange: (value: T) => void;
  choices: readonly { value: T; label: string; lang?: string }[];
}): ReactNode {
  return choices.map((choice) => (
    <button
      key={choice.value}
      type="button"
      role="menuitemradio"
      aria-checked={choice.value === value}
      tabIndex={-1}
      lang={choice.lang}
      onClick={(event) => {
        closeAround(event.currentTarget);
        onChange(choice.value);
      }}
      className={row}
    >
      <Tick on={choice.value === value} />
      {choice.label}
    </button>
  ));
}

/** An item that is on or off; the menu stays open. */
export function MenuCheck({
  checked,
  onChange,
  children,
}: {
  checked: boolean;
  onChange: (checked: boolean) => void;
  children: ReactNode;
}): ReactNode {
  return (
    <button
      type="button"
      role="menuitemcheckbox"
      aria-checked={checked}
      tabIndex={-1}
      onClick={() => onChange(!checked)}
      className={row}
    >
      <Tick on={checked} />
      {children}
    </button>
  );
}

const Tick = ({ on }: { on: boolean }) => (
  <span className="flex size-4 items-center">{on && <Check size={15} aria-hidden />}</span>
);

/** A line of text that cannot be selected. */
export const MenuLabel = ({ children }: { children: ReactNode }): ReactNode => (
  <div role="presentation" className="px-2 pt-1.5 pb-1 text-xs text-faint">
    {children}
  </div>
);

/** A line between groups. */
export const MenuLine = (): ReactNode => <hr className="my-1 border-line" />;
