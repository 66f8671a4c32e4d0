/**
 * The entry of the `faktory-worker` program. It holds only what needs the process itself;
 * everything testable is in program.ts.
 *
 * Note: it ends with `process.exit`, because connections and timers that handlers left open must
 * not keep a stopped worker alive.
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
    // Its own process group: Ctrl-C reaches only the parent, which passes it on once.
    detached: process.platform !== 'win32',
  });
}

const isWatched = process.env[mark] !== undefined && process.send !== undefined;
delete process.env[mark]; // processes that handlers start must not inherit it
if (isWatched) {
  // The parent was killed, so no other process would end this one.
  process.once('disconnect', () => {
    // While the program still loads, no listener for signals exists.
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
