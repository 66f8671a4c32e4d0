/**
 * The logger the server writes to. Messages never hold passwords or argument values.
 */
export { type FieldsFirstLogger, type Logger, loggerOf, silent } from '@faktory-ts/protocol';
