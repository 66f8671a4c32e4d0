/**
 * The program's log: pino's JSON lines, or text lines `I 2026-01-01T00:00:00.000Z message
 * key=value` made from them. Warnings and errors are written at every level. Passwords are never
 * logged. A message cannot forge a line: its line breaks are indented, and other control characters
 * are escaped.
 */
import { visible, visibleLines } from '@faktory-ts/protocol';
import type { Logger } from '@faktory-ts/server';
import { pino, stdSerializers, stdTimeFunctions } from 'pino';

export const logLevels = ['error', 'warn', 'info', 'debug'] as const;
export const logFormats = ['text', 'json'] as const;
export type LogLevel = (typeof logLevels)[number];
export type LogFormat = (typeof logFormats)[number];

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Colours the level letter of text lines. */
  readonly colour: boolean;
  /** Takes whole lines, in order. */
  readonly write: (line: string) => void;
}

/** Makes the log that the program and the library write to. */
export function createLog({ level, format, colour, write }: LogOptions): Logger {
  const sink =
    format === 'json'
      ? (line: string) => write(visibleLines(line))
      : (line: string) => write(textLine(line, colour));
  const log = pino(
    {
      level: level === 'error' ? 'warn' : level,
      base: format === 'json' ? { pid: process.pid } : null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: stdSerializers.err },
    },
    { write: sink },
  );
  return {
    debug: (message, fields) => log.debug(fields ?? {}, message),
    info: (message, fields) => log.info(fields ?? {}, message),
    warn: (message, fields) => log.warn(fields ?? {}, message),
    error: (message, fields) => log.error(fields ?? {}, message),
  };
}

const colours: Readonly<Record<string, number>> = { debug: 90, info: 32, warn: 33, error: 31 };

function textLine(json: string, colour: boolean): string {
  const { level, time, msg, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const letter = String(level).charAt(0).toUpperCase();
  const shown = colour ? `\u001b[${colours[String(level)]}m${letter}\u001b[0m` : letter;
  const message = visibleLines(String(msg)).replaceAll('\n', '\n    ').replaceAll('\t', ' ');
  const pairs = Object.entries(fields).map(([key, value]) => ` ${key}=${plain(value)}`);
  return `${shown} ${time} ${message}${pairs.join('')}\n`;
}

/** The value of a field: unchanged when it cannot be misread, else as JSON. */
function plain(value: unknown): string {
  return typeof value === 'string' && /^[\w.:/@+-]+$/.test(value) ? value : visible(JSON.stringify(value));
}
