/**
 * The program's log for production: one JSON object a line. Never throws, whatever a handler logs:
 * cycles, BigInts, getters that throw.
 *
 * Note: `time`, `level` and `msg` belong to the line; a field with such a name gets the prefix `_`.
 */

import type { Logger } from './log.ts';
import { type LogLevel, printed } from './log-lines.ts';

const own = new Set(['time', 'level', 'msg']);

/**
 * Writes `{"time":"…","level":"info","msg":"…","jid":"…"}` and a line end. Errors become their
 * name, message and stack.
 */
export function jsonLogger(least: LogLevel, write: (line: string) => void): Logger {
  const printer =
    (level: LogLevel) =>
    (msg: string, fields: Record<string, unknown> = {}) => {
      if (!printed(level, least)) return;
      const head = { time: new Date().toISOString(), level, msg: String(msg) };
      write(`${JSON.stringify({ ...head, ...readable(fields) })}\n`);
    };
  return { debug: printer('debug'), info: printer('info'), warn: printer('warn'), error: printer('error') };
}

function readable(fields: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.keys(fields).map((name) => {
    const key = own.has(name) ? `_${name}` : name;
    try {
      return [key, plain(fields[name], [])];
    } catch (error) {
      return [key, `(cannot be read: ${error instanceof Error ? error.message : 'it throws'})`];
    }
  });
  return Object.fromEntries(entries);
}

const deepest = 8;

/** A copy that JSON can write. `above` are the objects that contain the value. */
function plain(value: unknown, above: readonly object[]): unknown {
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (above.includes(value)) return '(circular)';
  if (above.length > deepest) return '(too deep)';
  const inside = [...above, value];
  if (value instanceof Error) return plainError(value, inside);
  if ('toJSON' in value && typeof value.toJSON === 'function') return plain(value.toJSON(), inside);
  if (Array.isArray(value)) return value.map((entry) => plain(entry, inside));
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, plain(entry, inside)]));
}

function plainError(error: Error, inside: readonly object[]): Record<string, unknown> {
  const { name, message, stack, cause, errors } = error as Error & { errors?: unknown };
  const code = 'code' in error ? plain(error.code, inside) : undefined;
  return {
    name,
    message,
    stack,
    ...(code !== undefined && { code }),
    ...(cause !== undefined && { cause: plain(cause, inside) }),
    ...(Array.isArray(errors) && { errors: plain(errors, inside) }),
  };
}
