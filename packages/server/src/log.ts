/**
 * The logger the server writes to: four methods, so that pino, console and most others fit as they are.
 * Messages never hold passwords or argument values.
 */

/** Where the server tells what happens. `fields` are values beside the message. */
export interface Logger {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** Says nothing. */
export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };
