/*
 * Asking before something is changed that cannot be taken back. It must never go on where nobody answered yes.
 */
import type { Call, Flag } from './command.ts';

/** The flag of every command that asks. */
export const yesFlag = { yes: { alias: 'y', describe: 'do not ask' } } satisfies Record<string, Flag>;

/** Asks, unless --yes was typed. */
export async function agreed(call: Call<'yes'>, question: string): Promise<boolean> {
  if (call.on('yes') || (await call.terminal.confirm(question))) return true;
  call.terminal.note('nothing was changed');
  return false;
}
