/*
 * The outbox's door, `@faktory-ts/client/outbox`: jobs that are pushed if and only if a database transaction commits.
 * It must never be loaded by the client itself. OUTBOX.md tells the whole.
 */

export { type OutboxOptions, OutboxRelay, type RefusedRow } from './relay.ts';
export { type OutboxDialect, type OutboxStore, type OutboxValue, outboxTables } from './tables.ts';
