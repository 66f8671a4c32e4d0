/** The layers that can be open above the page, at most one at a time. Types only. */

/** What lies above the page. */
export type Overlay = 'none' | 'keys' | 'palette';
