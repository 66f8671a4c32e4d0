/*
 * The entry of the `faktory-worker` program.
 * It must never hold more than the process itself: everything testable is in program.ts. A stranger would get wrong why it exits by
 * force at the end: connections and timers that handlers left open must not keep a stopped worker alive.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { run } from './program.ts';
import type { WatchedMessage } from './watch.ts';

/** Set for the child of `--watch`, which then has a channel to its parent. */
const mark = 'FAKTORY_WORKER_WATCHED';

function spawnSelf(): ChildProcess {
  const [, script = ''] = process.argv;
  return spawn(process.execPath, [...process.execArgv, script, ...process.argv.slice(2)], {
    env: { ...process.env, [mark]: '1' },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // A process group of its own: Ctrl-C reaches the parent only, which passes it on, once.
    detached: process.platform !== 'win32',
  });
}

const isWatched = process.env[mark] !== undefined && process.send !== undefined;
delete process.env[mark]; // not for what handlers start
if (isWatched) {
  // The parent was killed: nobody would ever end this one.
  process.once('disconnect', () => {
    // While it is still loading, nobody listens for signals.
    if (!process.emit('SIGTERM', 'SIGTERM')) process.exit(1);
  });
}
const code = await run(process.argv.slice(2), {
  cwd: process.cwd(),
  env: process.env,
  stdout: (text) => process.stdout.write(text),
  isTerminal: process.stdout.isTTY,
  stderr: (text) => process.stderr.write(text),
  signals: process,
  spawnSelf,
  ...(isWatched && {
    tellParent: (message: WatchedMessage) => void (process.connected && process.send?.(message)),
  }),
});
process.exit(code);
