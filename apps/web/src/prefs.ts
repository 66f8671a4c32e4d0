/**
 * The user’s preferences for this browser, kept in localStorage: theme, language, time zone,
 * update rate, columns. Filters are not here; the address holds them.
 *
 * Note: a browser may refuse storage; a choice then lasts until the page is closed.
 */
import { useSyncExternalStore } from 'react';

/** All preferences. */
export interface Prefs {
  theme: 'system' | 'light' | 'dark';
  /** A supported language code; `auto`: the browser's language. */
  language: string;
  /** `local`, `UTC`, or an IANA name. */
  zone: string;
  /** Milliseconds between two updates of the page; 0: no updates. */
  rate: number;
  /** The visible columns of each table. */
  columns: Readonly<Record<string, readonly string[]>>;
  /** The rail shows icons only. */
  narrowRail: boolean;
}

const storageKey = 'faktory-ui';
const usual: Prefs = {
  theme: 'system',
  language: 'auto',
  zone: 'local',
  rate: 1000,
  columns: {},
  narrowRail: false,
};
const listeners = new Set<() => void>();
let prefs: Prefs = { ...usual, ...stored() };

function stored(): Partial<Prefs> {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(storageKey) ?? '{}');
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {}; // storage is refused or damaged: use the defaults
  }
}

/** The current preferences. */
export const currentPrefs = (): Prefs => prefs;

/** Changes some preferences, for now and for the next visit. */
export function choose(change: Partial<Prefs>): void {
  prefs = { ...prefs, ...stored(), ...change }; // another tab may have changed them
  try {
    localStorage.setItem(storageKey, JSON.stringify(prefs));
  } catch (cause) {
    console.warn('the choice lasts only until this page is closed', cause);
  }
  tell();
}

function tell(): void {
  for (const listener of listeners) listener();
}

/** Calls `back` after each change; returns a function that stops this. */
export function onPrefs(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Hook: the current preferences; renders again after a change. */
export function usePrefs(): Prefs {
  return useSyncExternalStore(onPrefs, currentPrefs);
}

/** Follows changes made in other tabs. */
export function followTabs(): void {
  window.addEventListener('storage', ({ key }) => {
    if (key !== storageKey) return;
    prefs = { ...prefs, ...stored() };
    tell();
  });
}

/** Applies the chosen theme to the page, now and after each change. */
export function followTheme(): void {
  const apply = () => {
    const { theme } = prefs;
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  };
  apply();
  onPrefs(apply);
}
