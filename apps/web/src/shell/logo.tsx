/**
 * The logo: jobs in the order of their priority, and the running one. It is hidden from screen
 * readers.
 *
 * Note: it has the colours of the theme; public/icon.svg is the same logo in fixed colours.
 */
import type { ReactNode } from 'react';

/** The logo, 20 pixels high. */
export const Logo = (): ReactNode => (
  <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden className="shrink-0">
    <rect width="20" height="20" rx="5" className="fill-accent" />
    <g className="fill-on-accent">
      <rect x="4" y="4.5" width="6" height="2.6" rx="1.3" />
      <rect x="4" y="8.7" width="5" height="2.6" rx="1.3" opacity="0.75" />
      <rect x="4" y="12.9" width="4" height="2.6" rx="1.3" opacity="0.5" />
      <path d="M11.6 6.2 L16.6 10 L11.6 13.8z" />
    </g>
  </svg>
);
