/**
 * The text of a copy of a job, and its members for a shell command. Numbers and escapes stay as
 * the client wrote them. Pure.
 *
 * Note: a copy has no `at`, so it is ready at once.
 */
import { laidOut, membersOf } from '../../json.ts';
import type { LineJob } from '../../push-lines.ts';

/** Members that a copy does not keep. */
const own = new Set(['jid', 'created_at', 'enqueued_at', 'failure', 'at']);

/** The members of a job that a copy keeps, each as its original text. */
const members = (job: string): [string, string][] => [...membersOf(job)].filter(([key]) => !own.has(key));

/** The JSON text of a copy, with other arguments if given. */
export function copyText(job: string, args?: string): string {
  const text = ([key, value]: readonly [string, string]) =>
    `${JSON.stringify(key)}:${key === 'args' && args !== undefined ? args : value}`;
  return `{${members(job).map(text).join(',')}}`;
}

/** A copy in the form that `faktory push` takes. */
export function lineJob(job: string): LineJob {
  const known = membersOf(job);
  const text = (name: string) => {
    const source = known.get(name);
    return source === undefined ? undefined : (JSON.parse(source) as string);
  };
  const number = (name: string) => (known.has(name) ? Number(known.get(name)) : undefined);
  return {
    jobtype: text('jobtype') ?? '',
    args: known.get('args') ?? '[]',
    queue: text('queue'),
    priority: number('priority'),
    retry: number('retry'),
    reserve_for: number('reserve_for'),
    custom: known.get('custom'),
  };
}

/** The arguments of a job as their original text. */
export const argsText = (job: string): string => membersOf(job).get('args') ?? '[]';

/** The same with line breaks, to be edited. */
export const argsToEdit = (job: string): string => laidOut(argsText(job));
