/*
 * The program that the outbox's tests kill: it relays, and says so.
 * It must never end by itself before its parent is gone.
 */
import { OutboxRelay } from '../src/outbox/index.ts';
import { openStore } from './outbox-store.ts';

const [url = '', where = ''] = process.argv.slice(2);
process.stdin.on('end', () => process.exit(1)).resume();
const store = openStore(where);
let lines = 0;
const relay = new OutboxRelay({
  url,
  batch: 7,
  interval: 5,
  onError: () => undefined, // killed servers are what the test is about
  store: {
    ...store,
    query: async (sql, values) => {
      // The life before has a lease yet, that of a killed process.
      if (sql.includes('leased_until +') || sql.includes('SET owner'))
        await store.query('UPDATE faktory_outbox_relay SET leased_until = 0', []);
      const rows = await store.query(sql, values);
      if (sql.includes('in_flight = NULL')) process.stdout.write(`line ${lines++}\n`);
      return rows;
    },
  },
});
relay.start();
