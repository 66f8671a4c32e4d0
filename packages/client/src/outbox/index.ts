/**
 * The exports of `@faktory-ts/client/outbox`: jobs that are pushed if and only if a database
 * transaction commits. See OUTBOX.md. The client itself does not load it.
 */

export { type OutboxOptions, OutboxRelay, type RefusedRow } from './relay.ts';
export { type OutboxDialect, type OutboxStore, type OutboxValue, outboxTables } from './tables.ts';
