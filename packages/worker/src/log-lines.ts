/*
 * The program's log for people: one line per message, as the server writes them.
 * It must never break a line inside: control characters are escaped. A stranger would get wrong that warnings and errors
 * are printed whatever level was asked for.
 */

import type { Logger } from './log.ts';

/** Levels of the program's log, from the most lines to the fewest. */
export const logLevels = ['debug', 'info', 'warn', 'error'] as const;

/** One of them. */
export type LogLevel = (typeof logLevels)[number];

/** Whether a line of this level is printed when `least` was asked for: warnings and errors always are. */
export function printed(level: LogLevel, least: LogLevel): boolean {
  return logLevels.indexOf(level) >= Math.min(logLevels.indexOf(least), logLevels.indexOf('warn'));
}

/** Writes `I 2026-01-02T03:04:05.678Z message key=value` and a line end. */
export function lineLogger(level: LogLevel, write: (line: string) => void): Logger {
  const printer =
    (own: LogLevel) =>
    (message: string, fields: Record<string, unknown> = {}) => {
      if (!printed(own, level)) return;
      const values = Object.entries(fields).map(([name, value]) => ` ${name}=${valueText(value)}`);
      write(
        `${own.slice(0, 1).toUpperCase()} ${new Date().toISOString()} ${oneLine(message)}${values.join('')}\n`,
      );
    };
  return { debug: printer('debug'), info: printer('info'), warn: printer('warn'), error: printer('error') };
}

function valueText(value: unknown): string {
  if (typeof value === 'string' && /^[^\s"=]+$/.test(value)) return oneLine(value);
  if (value instanceof Error) return JSON.stringify(value.message);
  try {
    return JSON.stringify(value) ?? String(value);
  } catch (error) {
    // Cyclic, or a BigInt somewhere inside.
    return `(${(error as Error).name})`;
  }
}

function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not reach the terminal
  return text.replace(/[\u0000-\u001f\u007f]/g, (control) => JSON.stringify(control).slice(1, -1));
}
