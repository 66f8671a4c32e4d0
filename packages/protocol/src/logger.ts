/*
 * The logger that server and worker write to, and how loggers of other libraries become one.
 * Note: pino and bunyan take the fields first. Called the other way round they drop the fields in silence.
 */

import { FaktoryError } from './errors.ts';

/** Where a server or worker tells what happens. `fields` are values beside the message. */
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

/** Says nothing. */
export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

const levels = ['debug', 'info', 'warn', 'error'] as const;

/**
 * Makes a logger of one that takes the fields first. pino and bunyan are known and need no such help: this is for others.
 *
 * @example
 * ```ts
 * const own = { ...console, info: (fields: object, message?: string) => console.info(message, fields) };
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

/** The logger that an option gives, in whichever order it takes message and fields. Throws `CONFIG` for what is none. */
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

/** By the methods that only they have: pino its `bindings`, bunyan its `addStream`. */
function takesFieldsFirst(methods: Record<string, unknown>): boolean {
  if (typeof methods.child !== 'function') return false;
  return typeof methods.bindings === 'function' || typeof methods.addStream === 'function';
}
