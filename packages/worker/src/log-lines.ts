/**
 * The program's log as text: one line per message, in the server's format; coloured on a terminal.
 * Control characters are escaped, so a message cannot break its line.
 *
 * Note: warnings and errors are printed at every level.
 */

import { WriteStream } from 'node:tty';
import { styleText } from 'node:util';
import { visible } from '@faktory-ts/protocol';
import { failureOf } from './failure.ts';
import type { Logger } from './log.ts';

/** Levels of the program's log, from the most lines to the fewest. */
export const logLevels = ['debug', 'info', 'warn', 'error'] as const;

/** A level of the program's log. */
export type LogLevel = (typeof logLevels)[number];

/**
 * Whether a line of this level is printed when `least` is the lowest: warnings and errors always
 * are.
 */
export function printed(level: LogLevel, least: LogLevel): boolean {
  return logLevels.indexOf(level) >= Math.min(logLevels.indexOf(least), logLevels.indexOf('warn'));
}

const letterStyles = { debug: 'gray', info: 'green', warn: 'yellow', error: 'red' } as const;

/** Whether to write colours: on a terminal that has them, subject to NO_COLOR and FORCE_COLOR. */
export function wantsColours(isTerminal: boolean, env: NodeJS.ProcessEnv): boolean {
  // getColorDepth reads these variables and TERM as Node does; it needs no stream.
  return (isTerminal || env.FORCE_COLOR !== undefined) && WriteStream.prototype.getColorDepth(env) > 1;
}

/**
 * Writes `I 2026-01-02T03:04:05.678Z message key=value` and a line end. With colours the message
 * stands out.
 */
export function lineLogger(level: LogLevel, write: (line: string) => void, colours = false): Logger {
  const paint = (style: Parameters<typeof styleText>[0], text: string): string =>
    colours && text !== '' ? styleText(style, text, { validateStream: false }) : text;
  const printer =
    (own: LogLevel) =>
    (message: string, fields: Record<string, unknown> = {}) => {
      if (!printed(own, level)) return;
      const values = Object.entries(fields).map(([name, value]) => ` ${name}=${valueText(value)}`);
      const letter = paint(letterStyles[own], own.slice(0, 1).toUpperCase());
      const time = paint('dim', new Date().toISOString());
      write(`${letter} ${time} ${oneLine(message)}${paint('dim', values.join(''))}\n`);
    };
  return { debug: printer('debug'), info: printer('info'), warn: printer('warn'), error: printer('error') };
}

function valueText(value: unknown): string {
  if (typeof value === 'string' && /^[^\s"=]+$/.test(value)) return oneLine(value);
  // with its causes
  if (value instanceof Error) return visible(JSON.stringify(failureOf(value).message));
  try {
    return visible(JSON.stringify(value) ?? String(value));
  } catch (error) {
    // Cyclic, or a BigInt somewhere inside.
    return `(${(error as Error).name})`;
  }
}

const oneLine = visible; // escapes control characters
