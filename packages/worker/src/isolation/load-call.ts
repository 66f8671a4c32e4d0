/**
 * Finds a handler in a module, inside the thread or process that will run it. The places are tried
 * in a fixed order; the first that has a value decides.
 *
 * Note: the exports of a CommonJS module are its default export here.
 */

import { fileURLToPath } from 'node:url';
import { FaktoryError } from '@faktory-ts/protocol';
import type { JobContext } from '../context.ts';
import { callOf, isSettings } from '../handlers.ts';
import { importFile } from '../import-file.ts';

/** Calls a handler. */
export type Call = (context: JobContext, args: readonly unknown[]) => unknown;

/**
 * Loads the handler of a jobtype from a file. Looked for in this order: under its name in the
 * default export, under its name among the exports, the default export itself, the export `run`. Of
 * settings the `run` is taken.
 *
 * @throws FaktoryError `CONFIG` with the file, when it cannot be loaded or has no such handler.
 */
export async function loadCall(url: string, jobtype: string): Promise<Call> {
  const file = fileURLToPath(url);
  const exported = await importFile(file, file);
  const whole = exported.default;
  const named = typeof whole === 'object' && whole !== null ? own(whole, jobtype) : undefined;
  const found =
    named ?? own(exported, jobtype) ?? (isHandler(whole) ? whole : undefined) ?? own(exported, 'run');
  const call = callOf(isSettings(found) ? found.run : found);
  if (call !== undefined) return call;
  throw new FaktoryError('CONFIG', `${file}: it exports no handler as default, run or ${jobtype}`);
}

function isHandler(value: unknown): boolean {
  return callOf(value) !== undefined;
}

function own(holder: object, name: string): unknown {
  return Object.hasOwn(holder, name) ? (holder as Record<string, unknown>)[name] : undefined;
}
