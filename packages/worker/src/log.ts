/*
 * The logger a worker writes to: four methods, so that pino, console and most others fit as they are.
 * It must never be given passwords or arguments of jobs. A stranger would get wrong that a logger is called inside events of
 * sockets and timers: one that throws brings the process down.
 */

/** Where the worker tells what happens. `fields` are values beside the message. */
export interface Logger {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** Says nothing. */
export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** The same logger with fields that every line carries. */
export function withFields(log: Logger, own: Record<string, unknown>): Logger {
  return {
    debug: (message, fields) => log.debug(message, { ...own, ...fields }),
    info: (message, fields) => log.info(message, { ...own, ...fields }),
    warn: (message, fields) => log.warn(message, { ...own, ...fields }),
    error: (message, fields) => log.error(message, { ...own, ...fields }),
  };
}
