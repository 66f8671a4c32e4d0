/*
 * The entry of the `faktory-worker` program.
 * It must never hold more than the process itself: everything testable is in program.ts. A stranger would get wrong why it exits by
 * force at the end: connections and timers that handlers left open must not keep a stopped worker alive.
 */

import { run } from './program.ts';

const code = await run(process.argv.slice(2), {
  cwd: process.cwd(),
  stdout: (text) => process.stdout.write(text),
  stderr: (text) => process.stderr.write(text),
  signals: process,
});
process.exit(code);
