/**
 * The SQL of the outbox: its two tables, and every statement of the relay, for each kind of
 * database. No statement needs a transaction; each is correct alone and may run twice.
 *
 * Note: rows are read and deleted by their ids, never by "up to": a transaction that commits late
 * has lower ids than rows that are already deleted.
 */

/** The SQL dialect of a database. */
export type OutboxDialect = 'postgres' | 'mysql' | 'sqlite';

/** A value in a statement. */
export type OutboxValue = string | number | null;

/** How the relay reaches the database: one statement, which commits by itself. */
export interface OutboxStore {
  dialect: OutboxDialect;
  /**
   * Runs a statement with its values and returns its rows. Placeholders are `$1` in Postgres, `?`
   * in others.
   */
  query(sql: string, values: OutboxValue[]): Promise<readonly unknown[]>;
}

const jobs: Record<OutboxDialect, string> = {
  postgres: `CREATE TABLE faktory_outbox (
  id bigserial PRIMARY KEY,
  job text NOT NULL,
  error text,
  created_at timestamptz NOT NULL DEFAULT now()
)`,
  mysql: `CREATE TABLE faktory_outbox (
  id bigint unsigned AUTO_INCREMENT PRIMARY KEY,
  job longtext NOT NULL,
  error text,
  created_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4`,
  sqlite: `CREATE TABLE faktory_outbox (
  id integer PRIMARY KEY AUTOINCREMENT,
  job text NOT NULL,
  error text,
  created_at text NOT NULL DEFAULT CURRENT_TIMESTAMP
)`,
};

const relay: Record<OutboxDialect, string> = {
  postgres: `CREATE TABLE faktory_outbox_relay (
  id integer PRIMARY KEY,
  producer text NOT NULL,
  answered bigint NOT NULL,
  in_flight text,
  owner text NOT NULL,
  leased_until bigint NOT NULL
)`,
  mysql: `CREATE TABLE faktory_outbox_relay (
  id integer PRIMARY KEY,
  producer varchar(100) NOT NULL,
  answered bigint NOT NULL,
  in_flight longtext,
  owner varchar(100) NOT NULL,
  leased_until bigint NOT NULL
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4`,
  sqlite: `CREATE TABLE faktory_outbox_relay (
  id integer PRIMARY KEY,
  producer text NOT NULL,
  answered integer NOT NULL,
  in_flight text,
  owner text NOT NULL,
  leased_until integer NOT NULL
)`,
};

/** The statements that create the outbox, for a migration. */
export function outboxTables(dialect: OutboxDialect): string[] {
  return [jobs[dialect], relay[dialect]];
}

/** Seconds since 1970 by the database's clock, which relays on several machines share. */
const now: Record<OutboxDialect, string> = {
  postgres: 'CAST(extract(epoch FROM clock_timestamp()) AS bigint)',
  mysql: 'UNIX_TIMESTAMP()',
  sqlite: "CAST(strftime('%s', 'now') AS integer)",
};

const first: Record<OutboxDialect, string> = {
  postgres: 'ON CONFLICT (id) DO NOTHING',
  mysql: 'ON DUPLICATE KEY UPDATE id = id',
  sqlite: 'ON CONFLICT (id) DO NOTHING',
};

/** The relay's statements. `?` stands for a value, `(??)` for a list of values. */
export function statements(dialect: OutboxDialect) {
  const mine = 'WHERE id = 1 AND owner = ?';
  const still = `AND EXISTS (SELECT 1 FROM faktory_outbox_relay ${mine} AND answered = ?)`;
  return {
    begin: `INSERT INTO faktory_outbox_relay (id, producer, answered, owner, leased_until) VALUES (1, ?, 0, '', 0) ${first[dialect]}`,
    lease: `UPDATE faktory_outbox_relay SET owner = ?, leased_until = ${now[dialect]} + ? WHERE id = 1 AND (owner = ? OR leased_until < ${now[dialect]})`,
    leave: `UPDATE faktory_outbox_relay SET leased_until = 0 ${mine}`,
    state: 'SELECT producer, answered, in_flight, owner FROM faktory_outbox_relay WHERE id = 1',
    next: (count: number) =>
      `SELECT id, job FROM faktory_outbox WHERE error IS NULL AND id > ? ORDER BY id LIMIT ${count}`,
    named: 'SELECT id, job FROM faktory_outbox WHERE id IN (??) ORDER BY id',
    fly: `UPDATE faktory_outbox_relay SET in_flight = ? ${mine} AND answered = ? AND in_flight IS NULL`,
    unfly: `UPDATE faktory_outbox_relay SET in_flight = NULL ${mine} AND answered = ?`,
    refuse: `UPDATE faktory_outbox SET error = ? WHERE id = ? ${still}`,
    remove: `DELETE FROM faktory_outbox WHERE id IN (??) AND error IS NULL ${still}`,
    land: `UPDATE faktory_outbox_relay SET answered = ?, in_flight = NULL ${mine} AND answered = ?`,
    renew: `UPDATE faktory_outbox_relay SET producer = ?, answered = 0, in_flight = NULL ${mine} AND producer = ? AND answered = ? AND COALESCE(in_flight, '') = ?`,
  };
}

/**
 * The statement with the placeholders of its database; a list of values gets one for each entry.
 */
export function bound(
  dialect: OutboxDialect,
  sql: string,
  values: readonly (OutboxValue | readonly string[])[],
): { sql: string; values: OutboxValue[] } {
  let position = 0;
  const placeholder = (): string => (dialect === 'postgres' ? `$${++position}` : '?');
  const left = [...values];
  const text = sql.replace(/\?\??/g, () => {
    const value = left.shift();
    return typeof value === 'object' && value !== null ? value.map(placeholder).join(', ') : placeholder();
  });
  return { sql: text, values: values.flat() };
}
