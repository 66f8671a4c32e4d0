/**
 * Tooltips: one box for the whole page, in the browser’s top layer, above dialogs.
 *
 * An element carries its tooltip text in `data-tip`. Text that is cut off for lack of room gets a
 * tooltip without it. Moving to a neighbour shows the next tooltip at once.
 *
 * Note: touch has no tooltips, so a tooltip must not be the only place of a text. The box lets
 * clicks through, so “the pointer is on the box” is computed from positions.
 */
import {
  cloneElement,
  type ReactElement,
  type ReactNode,
  type RefObject,
  useEffect,
  useRef,
  useState,
} from 'react';

const delay = 400; // ms
const gap = 6; // px
const edge = 8; // px
/** After these events the element is not under the pointer any more. */
const gone = ['pointerdown', 'focusout', 'scroll'] as const;
const mostCut = 1000; // characters of a cut-off text

interface Tip {
  text: string;
  keys: string | undefined;
  by: Element;
}

/** Adds a tooltip to its one child, which must be a focusable element. */
export function Tooltip({
  text,
  keys,
  children,
}: {
  text: string;
  keys?: string | undefined;
  children: ReactElement<Record<string, unknown>>;
}): ReactNode {
  const isName = children.props['aria-label'] === text;
  return cloneElement(children, {
    'data-tip': text,
    'data-tip-keys': keys,
    ...(!isName && { 'aria-description': text }),
  });
}

const tipOf = (target: EventTarget | null): Tip | undefined => {
  const by = target instanceof Element ? target.closest<HTMLElement>('[data-tip],.truncate') : null;
  if (by?.dataset.tip) return { by, text: by.dataset.tip.slice(0, mostCut), keys: by.dataset.tipKeys };
  if (!by || by.title || by.scrollWidth <= by.clientWidth) return undefined;
  return { by, text: by.textContent.slice(0, mostCut), keys: undefined };
};

/** The place of all tooltips: once on the page. */
export function Tooltips(): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const tip = useTip(box);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    if (!tip) return void element.hidePopover();
    element.showPopover();
    const around = tip.by.getBoundingClientRect();
    const { width, height } = element.getBoundingClientRect();
    const below = around.bottom + gap + height < innerHeight;
    const left = around.left + around.width / 2 - width / 2;
    element.style.left = `${Math.max(edge, Math.min(innerWidth - width - edge, left))}px`;
    element.style.top = `${below ? around.bottom + gap : around.top - gap - height}px`;
  }, [tip]);
  return (
    <div
      ref={box}
      popover="manual"
      role="tooltip"
      className="pointer-events-none m-0 max-w-96 rounded-md bg-ink px-2 py-1 text-sm whitespace-pre-line wrap-anywhere text-page"
    >
      <span dir="auto">{tip?.text}</span>
      {tip?.keys && <kbd className="ms-2 opacity-75">{tip.keys}</kbd>}
    </div>
  );
}

/**
 * Hook: the element with a tooltip now. A tooltip stays while the pointer is on it, for users of a
 * screen magnifier.
 */
function useTip(box: RefObject<HTMLDivElement | null>): Tip | undefined {
  const [tip, setTip] = useState<Tip>();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let shown: Tip | undefined;
    let byPointer = false;
    const show = (next: Tip | undefined, wait: number) => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        shown = next?.by.isConnected ? next : undefined;
        setTip(shown);
      }, wait);
    };
    const move = (event: PointerEvent) => {
      if (event.pointerType === 'touch') return;
      if (shown && isOn(box.current, event)) return clearTimeout(timer);
      const entered = event.type === 'pointerover';
      const next = tipOf(event.target);
      if (!entered && (!shown || !byPointer || next?.by === shown.by)) return;
      byPointer = true;
      show(next, next && !shown ? delay : 0);
    };
    const focus = (event: FocusEvent) => {
      const next = tipOf(event.target);
      byPointer = false;
      if (next?.by.matches(':focus-visible')) show(next, delay);
      else show(undefined, 0);
    };
    const hide = () => show(undefined, 0);
    // Escape closes only a tooltip under the pointer; with a tooltip of the focus, it also closes
    // the dialog around it.
    const key = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      if (shown && byPointer) {
        event.preventDefault();
        event.stopPropagation();
      }
      hide();
    };
    document.addEventListener('pointerover', move);
    document.addEventListener('pointermove', move, { passive: true });
    document.addEventListener('focusin', focus);
    document.addEventListener('keydown', key, { capture: true });
    for (const name of gone) document.addEventListener(name, hide, { capture: true, passive: true });
    document.documentElement.addEventListener('pointerleave', hide);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('pointerover', move);
      document.removeEventListener('pointermove', move);
      document.removeEventListener('focusin', focus);
      document.removeEventListener('keydown', key, { capture: true });
      for (const name of gone) document.removeEventListener(name, hide, { capture: true });
      document.documentElement.removeEventListener('pointerleave', hide);
    };
  }, [box]);
  return tip;
}

/** Whether the pointer is on the box, or between the box and its element. */
function isOn(box: HTMLElement | null, { clientX, clientY }: PointerEvent): boolean {
  if (!box?.matches(':popover-open')) return false;
  const { left, right, top, bottom } = box.getBoundingClientRect();
  return clientX >= left && clientX <= right && clientY >= top - gap - 1 && clientY <= bottom + gap + 1;
}
