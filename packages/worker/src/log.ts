/*
 * The logger a worker writes to.
 * It must never be given passwords or arguments of jobs. Note: it is called inside events of sockets and timers, so one that throws
 * brings the process down.
 */

import type { Logger } from '@faktory-ts/protocol';

export { type FieldsFirstLogger, type Logger, loggerOf, silent } from '@faktory-ts/protocol';

/** The same logger with fields that every line carries. */
export function withFields(log: Logger, own: Record<string, unknown>): Logger {
  return {
    debug: (message, fields) => log.debug(message, { ...own, ...fields }),
    info: (message, fields) => log.info(message, { ...own, ...fields }),
    warn: (message, fields) => log.warn(message, { ...own, ...fields }),
    error: (message, fields) => log.error(message, { ...own, ...fields }),
  };
}
