/**
 * Formats numbers in the chosen language. Counts below a million are exact.
 *
 * Note: durations are formatted by hand, because supported browsers lack Intl.DurationFormat.
 */
import { language } from './words/index.ts';

const cache = new Map<string, Intl.NumberFormat>();

function format(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `${language()} ${JSON.stringify(options)}`;
  let made = cache.get(key);
  if (!made) {
    made = new Intl.NumberFormat(language(), options);
    cache.set(key, made);
  }
  return made;
}

/** A count: exact below a million, then short (12.4M). */
export function count(value: number): string {
  return value < 1_000_000 ? exact(value) : short(value);
}

/** All digits. */
export const exact = (value: number): string => format({ maximumFractionDigits: 0 }).format(value);

/** Three digits and a unit: 12.4K. */
export const short = (value: number): string =>
  format({ notation: 'compact', maximumSignificantDigits: 3 }).format(value);

/** Events per second; low rates have more digits. */
export function rate(perSecond: number): string {
  // A few events per hour must not be shown as 0.
  if (perSecond > 0 && perSecond < 0.01) return format({ maximumSignificantDigits: 1 }).format(perSecond);
  const maximumFractionDigits = perSecond >= 100 ? 0 : perSecond >= 10 || perSecond === 0 ? 1 : 2;
  return format({ maximumFractionDigits }).format(perSecond);
}

/** A share between 0 and 1 as percent. */
export const share = (part: number): string =>
  format({ style: 'percent', maximumFractionDigits: part < 0.1 ? 1 : 0 }).format(part);

const byteUnits = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

/** Bytes in the unit that fits. */
export function bytes(value: number): string {
  const step = Math.max(0, Math.min(byteUnits.length - 1, Math.floor(Math.log10(Math.max(1, value)) / 3)));
  const unit = byteUnits[step] ?? 'byte';
  const scaled = value / 1000 ** step;
  return format({
    style: 'unit',
    unit,
    unitDisplay: step === 0 ? 'long' : 'short',
    maximumFractionDigits: scaled < 10 && step > 0 ? 1 : 0,
  }).format(scaled);
}

const unit = (value: number, name: string, digits = 0): string =>
  format({ style: 'unit', unit: name, unitDisplay: 'narrow', maximumFractionDigits: digits }).format(value);

const steps = [
  { name: 'day', seconds: 86_400 },
  { name: 'hour', seconds: 3600 },
  { name: 'minute', seconds: 60 },
  { name: 'second', seconds: 1 },
] as const;

/**
 * A duration in its two largest units: 3m 20s. Below ten seconds it has one decimal; below one
 * second it is in milliseconds.
 */
export function duration(seconds: number): string {
  if (seconds < 0) return duration(0);
  if (seconds > 0 && seconds < 0.001) return unit(Math.ceil(seconds * 1_000_000), 'microsecond');
  if (seconds > 0 && seconds < 1) return unit(Math.round(seconds * 1000), 'millisecond');
  if (seconds < 10) return unit(seconds, 'second', 1);
  const whole = Math.round(seconds);
  const at = steps.findIndex((step) => whole >= step.seconds);
  const large = steps[at];
  const small = steps[at + 1];
  if (!large || !small) return unit(whole, 'second');
  const rest = Math.floor((whole % large.seconds) / small.seconds);
  const first = unit(Math.floor(whole / large.seconds), large.name);
  return rest === 0 ? first : `${first} ${unit(rest, small.name)}`;
}
