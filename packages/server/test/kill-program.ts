/** The program that kills.test.ts kills: a SQLite engine in the folder that it is told. */
import { serveCalls } from '../src/engine/conformance/serve-calls.ts';
import { sqliteBackend } from '../src/engine/sqlite/backend.ts';

await serveCalls(async (clock) => {
  const { engine } = sqliteBackend({
    dir: process.argv[2] ?? '',
    sync: 'off',
    deadLimit: 0,
    clock,
    steady: clock,
  });
  await engine.open();
  return engine;
});
