/*
 * What can lie above the page. Types only. It must never hold questions: those have their own place (parts/confirm.tsx). A stranger would
 * get wrong that at most one is open.
 */

/** What lies above the page. */
export type Overlay = 'none' | 'keys' | 'palette';
