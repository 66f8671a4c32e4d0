/**
 * The program that the outbox's tests kill: it relays, and reports it. It ends by itself only when
 * its parent is gone.
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
  onError: () => undefined, // killed servers are part of the test
  store: {
    ...store,
    query: async (sql, values) => {
      // The previous process was killed, so its lease has not expired yet.
      if (sql.includes('leased_until +') || sql.includes('SET owner'))
        await store.query('UPDATE faktory_outbox_relay SET leased_until = 0', []);
      const rows = await store.query(sql, values);
      if (sql.includes('in_flight = NULL')) process.stdout.write(`line ${lines++}\n`);
      return rows;
    },
  },
});
relay.start();
