/**
 * Asks before a change that cannot be undone. Without an answer nothing is changed.
 */
import { FaktoryError } from '@faktory-ts/protocol';
import type { Call, Flag, Terminal } from './command.ts';

/** The flag of every command that asks. */
export const yesFlag = { yes: { alias: 'y', describe: 'do not ask for confirmation' } } satisfies Record<
  string,
  Flag
>;

/** Asks, unless --yes was typed. */
export async function agreed(call: Call<'yes'>, question: string): Promise<boolean> {
  if (call.on('yes') || (await call.terminal.confirm(question))) return true;
  call.terminal.note('nothing was changed');
  return false;
}

/** Reports the state after Ctrl-C or TERM, which the program itself does not print. */
export async function toldWhenEnded<T>(terminal: Terminal, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (terminal.signal.aborted && error instanceof FaktoryError && error.code === 'ABORTED')
      terminal.note(error.message);
    throw error;
  }
}
