/*
 * The sign of the product. It must never be the only name of anything: it is hidden from screen readers. A stranger would get wrong that
 * it is drawn in the theme's colours, unlike public/icon.svg.
 */
import type { ReactNode } from 'react';

/** The sign, 20 pixels high. */
export const Logo = (): ReactNode => (
  <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden className="shrink-0">
    <rect width="20" height="20" rx="3" className="fill-accent" />
    <path d="M5 15V5h10v2.5H7.7v2.4h5.6v2.5H7.7V15z" className="fill-on-accent" />
    <circle cx="14" cy="14" r="1.6" className="fill-on-accent" />
  </svg>
);
