/**
 * Seconds as clients write them in `custom`: a number, or a text with one (Rails sends "600").
 */
import { FaktoryError } from '@faktory-ts/protocol';

const NUMBER = /^(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

const MOST = 100 * 365.25 * 86_400; // seconds

/** Throws INVALID for what is not above 0; more than 100 years are 100 years. `text` is JSON. */
export function secondsOf(key: string, text: string): number {
  const value = JSON.parse(text.length > 100 ? '""' : text) as unknown;
  const seconds = typeof value === 'string' && NUMBER.test(value) ? Number(value) : value;
  if (typeof seconds === 'number' && Number.isFinite(seconds) && seconds > 0) return Math.min(seconds, MOST);
  throw new FaktoryError('INVALID', `${key} is ${text.slice(0, 50)}; give seconds above 0, as a number`);
}
