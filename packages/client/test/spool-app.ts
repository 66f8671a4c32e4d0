/**
 * The program that the spool's tests kill: it pushes numbered jobs as fast as it can, and reports
 * each that is stored. It ends by itself only when its parent is gone.
 */
import { writeSync } from 'node:fs';
import { Client } from '../src/index.ts';

const [url = '', file = '', first = '0', lanes = '5'] = process.argv.slice(2);
const client = new Client({ url, spool: { file }, timeout: 60_000 });
process.stdin.on('end', () => process.exit(1)).resume();

// Not process.stdout, which buffers lines while the parent is slow; a kill would lose them.
const say = (line: string): number => writeSync(1, `${line}\n`);

let next = Number(first);
async function lane(): Promise<void> {
  for (;;) {
    const jid = `job-${String(next++).padStart(6, '0')}`;
    say(`begun ${jid}`);
    await client.push({ jid, jobtype: 'T', args: [] });
    say(`kept ${jid}`);
  }
}

say(`open ${client.spooled}`);
for (let n = 0; n < Number(lanes); n++) void lane();
