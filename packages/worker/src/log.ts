/**
 * The logger of a worker. Passwords and arguments of jobs are never logged.
 *
 * Note: it is called in events of sockets and timers, so a logger that throws ends the process.
 */

import type { Logger } from '@faktory-ts/protocol';

export { type FieldsFirstLogger, type Logger, loggerOf, silent } from '@faktory-ts/protocol';

/** The same logger with fields that are added to every line. */
export function withFields(log: Logger, own: Record<string, unknown>): Logger {
  return {
    debug: (message, fields) => log.debug(message, { ...own, ...fields }),
    info: (message, fields) => log.info(message, { ...own, ...fields }),
    warn: (message, fields) => log.warn(message, { ...own, ...fields }),
    error: (message, fields) => log.error(message, { ...own, ...fields }),
  };
}
