/**
 * `npm run bench`: all figures of the README in one run, each beside its baseline. Words after `--`
 * select sections, and words after `holds` select its cases by a part of their names.
 *
 * Note: it asserts nothing, because people ignore a benchmark that fails on a busy machine.
 */
import { cpus } from 'node:os';
import { backup } from './backup.ts';
import { besideBullmq } from './beside-bullmq.ts';
import { besideEcho } from './beside-echo.ts';
import { bulk } from './bulk.ts';
import { syncsPerSecond } from './disk.ts';
import { whole } from './figures.ts';
import { holds } from './holds.ts';
import { idleWorker } from './idle-worker.ts';
import { million } from './million.ts';
import { pages } from './pages.ts';
import { quietTimes } from './quiet-times.ts';
import { restart } from './restart.ts';

const sections: Record<string, () => Promise<void>> = {
  full: () => besideEcho('full'),
  off: () => besideEcho('off'),
  bulk,
  million,
  pages,
  backup,
  restart,
  idle: quietTimes,
  worker: idleWorker,
  bullmq: besideBullmq,
  holds: () => holds(parts),
};

const [first, ...parts] = process.argv.slice(2);
const asked = first === 'holds' ? [first] : process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(sections, name));
if (unknown.length > 0) {
  console.error(`No section ${unknown.join(', ')}: choose among ${Object.keys(sections).join(', ')}.`);
  process.exit(1);
}
const [cpu] = cpus();
console.log(
  `Node ${process.version}, ${cpus().length} × ${cpu?.model.trim()}, disk ${whole(syncsPerSecond())} syncs/s`,
);
for (const [name, run] of Object.entries(sections))
  if ((asked.length === 0 && name !== 'holds') || asked.includes(name)) await run();
