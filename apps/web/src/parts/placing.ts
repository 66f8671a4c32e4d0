/**
 * Places a popover beside the button that opened it, inside the window.
 *
 * Start and end follow the direction of the language; the browser’s figures are left and right.
 */

const gap = 4; // px
const edge = 8; // px
const tallest = 420; // px

/**
 * Places the popover below the button, or above if there is more room; `align` says which edges
 * are aligned.
 */
export function placeBelow(popover: HTMLElement, button: HTMLElement, align: 'start' | 'end'): void {
  const around = button.getBoundingClientRect();
  const below = innerHeight - around.bottom - gap - edge;
  const above = around.top - gap - edge;
  popover.style.maxHeight = `${Math.min(tallest, Math.max(below, above))}px`;
  const { width, height } = popover.getBoundingClientRect();
  const onRight = (align === 'end') !== (getComputedStyle(button).direction === 'rtl');
  const left = onRight ? around.right - width : around.left;
  popover.style.left = `${Math.max(edge, Math.min(innerWidth - width - edge, left))}px`;
  popover.style.top = `${height <= below || below >= above ? around.bottom + gap : around.top - gap - height}px`;
}
