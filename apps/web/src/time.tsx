/**
 * Shows times: relative ones with the exact time as a tooltip, in the chosen time zone, by the
 * server’s clock.
 *
 * All relative times of the page tick together, once a second.
 */
import { type ReactNode, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { duration } from './numbers.ts';
import { currentPrefs, usePrefs } from './prefs.ts';
import { language } from './words/index.ts';

let ahead = 0; // ms that the server's clock is ahead of ours
let tick = 0;
let ticking: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();

/** Sets the page's clock to the server's time. */
export function setServerClock(now: string): void {
  const off = Date.parse(now) - Date.now();
  ahead = Math.abs(off) < 1500 ? 0 : off; // a smaller difference is only network delay
}

/** Milliseconds since 1970 by the server's clock. */
export const serverNow = (): number => Date.now() + ahead;

/**
 * Rounded up, because it is shown until the next tick: a past event must not look like a future
 * one.
 */
const nextSecond = (): number => Math.ceil(serverNow() / 1000) * 1000;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  ticking ??= setInterval(() => {
    tick = nextSecond();
    for (const one of listeners) one();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(ticking);
    ticking = undefined;
  };
}

/** Hook: the server's time; renders again each second. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => {
    if (!ticking) tick = nextSecond();
    return tick;
  });
}

const zoneOf = (zone: string): string | undefined => (zone === 'local' ? undefined : zone);
const formats = new Map<string, Intl.DateTimeFormat>();

function dateFormat(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const timeZone = zoneOf(currentPrefs().zone);
  const key = `${language()} ${timeZone} ${JSON.stringify(options)}`;
  let made = formats.get(key);
  if (!made) {
    made = new Intl.DateTimeFormat(language(), timeZone ? { ...options, timeZone } : options);
    formats.set(key, made);
  }
  return made;
}

/** Date and time to the millisecond, with the zone. */
export function exactTime(at: string | number): string {
  return dateFormat({
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
    timeZoneName: 'short',
  }).format(new Date(at));
}

/** The time of day, without the date. */
export const clockTime = (at: string | number): string =>
  dateFormat({ hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(new Date(at));

/** The time of day to the minute. */
export const minuteTime = (at: string | number): string =>
  dateFormat({ hour: '2-digit', minute: '2-digit' }).format(new Date(at));

/** Date and minute, for axes and lists. */
export const shortTime = (at: string | number): string =>
  dateFormat({ month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' }).format(new Date(at));

const relativeUnits = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const;

let relative: ({ of: string } & ReturnType<typeof relativeFormats>) | undefined;

/** A relative time: `3m ago`, `in 3m`. */
export function relativeTime(at: string | number, now: number): string {
  const seconds = (new Date(at).getTime() - now) / 1000;
  const [unit, length] = relativeUnits.find(([, size]) => Math.abs(seconds) >= size) ?? ['second', 1];
  const number = Math.trunc(seconds / length);
  if (relative?.of !== language()) relative = { of: language(), ...relativeFormats() };
  return (number === 0 ? relative.now : relative.format).format(number, unit);
}

/**
 * Always numbers, because "yesterday" would be wrong for 40 hours ago. The short style replaces the
 * narrow one where that has only a sign, as in French and Russian.
 */
function relativeFormats(): { now: Intl.RelativeTimeFormat; format: Intl.RelativeTimeFormat } {
  const now = new Intl.RelativeTimeFormat(language(), { style: 'narrow', numeric: 'auto' });
  const narrow = new Intl.RelativeTimeFormat(language(), { style: 'narrow' });
  const signed = /^[-+−]/.test(narrow.format(-2, 'minute'));
  return { now, format: signed ? new Intl.RelativeTimeFormat(language(), { style: 'short' }) : narrow };
}

/** A relative time with the exact time as tooltip. */
export function Time({ at }: { at: string | undefined }): ReactNode {
  const now = useNow();
  usePrefs();
  if (!at) return null;
  return (
    <time dateTime={at} data-tip={exactTime(at)} className="tabular whitespace-nowrap">
      {relativeTime(at, now)}
    </time>
  );
}

/** The time since `since`, ticking. */
export function Elapsed({ since }: { since: string }): ReactNode {
  const now = useNow();
  usePrefs();
  return (
    <time dateTime={since} data-tip={exactTime(since)} className="tabular whitespace-nowrap">
      {duration(Math.max(0, Math.floor((now - Date.parse(since)) / 1000)))}
    </time>
  );
}

/** The name of the zone in which the page shows and reads times. */
export function useZone(): { zone: string; name: string } {
  const { zone } = usePrefs();
  return { zone, name: zone === 'local' ? localZone() : zone };
}

/** The zone of this computer. */
const localZone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Names of all zones, the computer's own first. */
export function zones(): string[] {
  const all = typeof Intl.supportedValuesOf === 'function' ? Intl.supportedValuesOf('timeZone') : [];
  return ['local', 'UTC', ...all.filter((name) => name !== 'UTC')];
}

/** The label of a zone in a list. */
export function useZoneName(): (zone: string) => string {
  const { t } = useTranslation();
  return (zone) =>
    zone === 'local' ? t('shell.zoneLocal', { zone: localZone() }) : zone.replaceAll('_', ' ');
}
