/**
 * The user’s preferences for this browser, kept in localStorage: theme, language, time zone,
 * update rate, columns. Filters are not here; the address holds them.
 *
 * Note: a browser may refuse storage; a choice then lasts until the page is closed.
 */
import { useSyncExternalStore } from 'react';

/** All choices. */
export interface Prefs {
  theme: 'system' | 'light' | 'dark';
  /** A language code of ours; `auto`: the browser's. */
  language: string;
  /** `local`, `UTC`, or an IANA name. */
  zone: string;
  /** Milliseconds between two updates of what is shown; 0: none, the user reloads. */
  rate: number;
  /** By table: the columns that are shown. */
  columns: Readonly<Record<string, readonly string[]>>;
  /** The rail shows icons alone. */
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
    return {}; // no storage here, or what it holds is not ours: the defaults do
  }
}

/** The choices as they are. */
export const currentPrefs = (): Prefs => prefs;

/** Changes some of them, for now and for the next visit. */
export function choose(change: Partial<Prefs>): void {
  prefs = { ...prefs, ...stored(), ...change }; // another tab may have chosen something else
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

/** Calls back after each change; returns how to stop that. */
export function onPrefs(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The choices, and again whenever they change. */
export function usePrefs(): Prefs {
  return useSyncExternalStore(onPrefs, currentPrefs);
}

/** Takes over what is chosen in other tabs. */
export function followTabs(): void {
  window.addEventListener('storage', ({ key }) => {
    if (key !== storageKey) return;
    prefs = { ...prefs, ...stored() };
    tell();
  });
}

/** Puts the chosen theme on the page, now and after each change. */
export function followTheme(): void {
  const apply = () => {
    const { theme } = prefs;
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  };
  apply();
  onPrefs(apply);
}
