/**
 * The logger of server and worker, and an adapter for loggers of other libraries.
 *
 * Note: pino and bunyan take the fields first. When called with the message first, they silently
 * drop the fields.
 */

import { FaktoryError } from './errors.ts';

/** Receives the log lines of a server or worker. `fields` are values that belong to the message. */
export interface Logger {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** A logger that takes the fields first, as pino and bunyan do. */
export interface FieldsFirstLogger {
  debug(fields: object, message?: string): void;
  info(fields: object, message?: string): void;
  warn(fields: object, message?: string): void;
  error(fields: object, message?: string): void;
}

/** Logs nothing. */
export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

const levels = ['debug', 'info', 'warn', 'error'] as const;

/**
 * Adapts a logger that takes the fields first. pino and bunyan are recognised and do not need it.
 *
 * @example
 * ```ts
 * const own = {
 *   ...console,
 *   info: (fields: object, message?: string) => console.info(message, fields),
 * };
 * fieldsFirst(own).info('hello', { order: 7 });
 * ```
 */
export function fieldsFirst(logger: FieldsFirstLogger): Logger {
  const writer =
    (level: (typeof levels)[number]): Logger['info'] =>
    (message, fields) =>
      fields === undefined ? logger[level](message as unknown as object) : logger[level](fields, message);
  return { debug: writer('debug'), info: writer('info'), warn: writer('warn'), error: writer('error') };
}

/**
 * The logger of an option, whichever argument order it has. Throws `CONFIG` when it is not a
 * logger.
 */
export function loggerOf(given: Logger | FieldsFirstLogger | undefined): Logger {
  if (given === undefined) return silent;
  const methods = (given ?? {}) as unknown as Record<string, unknown>;
  const missing = levels.find((level) => typeof methods[level] !== 'function');
  if (missing !== undefined) {
    throw new FaktoryError(
      'CONFIG',
      `log has no method ${missing}; it must have debug, info, warn and error, as console or pino() have`,
    );
  }
  return takesFieldsFirst(methods) ? fieldsFirst(given as FieldsFirstLogger) : (given as Logger);
}

/** Recognises pino by `bindings` and bunyan by `addStream`, which other loggers do not have. */
function takesFieldsFirst(methods: Record<string, unknown>): boolean {
  if (typeof methods.child !== 'function') return false;
  return typeof methods.bindings === 'function' || typeof methods.addStream === 'function';
}
