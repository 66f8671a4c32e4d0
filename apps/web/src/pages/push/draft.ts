/**
 * The content of the push form, its mistakes, and the JSON text to send. Arguments are sent as
 * typed. Pure.
 *
 * Empty fields are left out, so that the server’s defaults apply.
 */
import { type JsonNode, JsonProblem, readJson } from '../../json.ts';
import type { LineJob } from '../../push-lines.ts';

/** The values of the form, all as text. */
export interface Draft {
  jobtype: string;
  args: string;
  queue: string;
  priority: string;
  /** The value of a datetime-local field. */
  at: string;
  retry: string;
  reserve: string;
  custom: string;
}

/** An empty form. */
export const emptyDraft: Draft = {
  jobtype: '',
  args: '[]',
  queue: '',
  priority: '',
  at: '',
  retry: '',
  reserve: '',
  custom: '',
};

/** The mistake of a field: a JSON mistake with its position, or a code for other mistakes. */
export type Mistake =
  | { kind: 'json'; problem: JsonProblem }
  | { kind: 'notArray' | 'notObject' | 'missing' | 'queue' | 'at' }
  | { kind: 'range'; least: number; most: number };

/** Mistakes by field. */
export type Mistakes = Partial<Record<keyof Draft, Mistake>>;

const queueName = /^[a-zA-Z0-9._-]+$/;
const ranges = { priority: [1, 9], retry: [-1, 1_000_000], reserve: [60, 86_400] } as const;

/** All mistakes; empty: the job can be sent. */
export function mistakesIn(draft: Draft): Mistakes {
  const found: Mistakes = {};
  if (draft.jobtype.trim() === '') found.jobtype = { kind: 'missing' };
  const args = jsonMistake(draft.args, 'array');
  if (args) found.args = args;
  if (draft.queue !== '' && !queueName.test(draft.queue)) found.queue = { kind: 'queue' };
  if (draft.at !== '' && Number.isNaN(Date.parse(draft.at))) found.at = { kind: 'at' };
  for (const field of ['priority', 'retry', 'reserve'] as const) {
    const [least, most] = ranges[field];
    const value = Number(draft[field]);
    if (draft[field] !== '' && !(Number.isInteger(value) && value >= least && value <= most))
      found[field] = { kind: 'range', least, most };
  }
  const custom = draft.custom.trim() === '' ? undefined : jsonMistake(draft.custom, 'object');
  if (custom) found.custom = custom;
  return found;
}

function jsonMistake(text: string, kind: JsonNode['kind']): Mistake | undefined {
  try {
    if (readJson(text).kind === kind) return undefined;
    return { kind: kind === 'array' ? 'notArray' : 'notObject' };
  } catch (problem) {
    if (problem instanceof JsonProblem) return { kind: 'json', problem };
    throw problem;
  }
}

/** The number in a field; `undefined` when empty. */
const numberIn = (text: string): number | undefined => (text === '' ? undefined : Number(text));

/** The job for a shell command. */
export function lineJob(draft: Draft, at: string | undefined): LineJob {
  return {
    jobtype: draft.jobtype.trim(),
    args: draft.args.trim(),
    queue: draft.queue,
    priority: numberIn(draft.priority),
    retry: numberIn(draft.retry),
    reserve_for: numberIn(draft.reserve),
    at,
    custom: draft.custom.trim(),
  };
}

/** The job as JSON text. `at`: the form's time as RFC 3339. */
export function jobText(draft: Draft, at: string | undefined): string {
  const fields: [string, string][] = [
    ['jobtype', JSON.stringify(draft.jobtype.trim())],
    ['args', draft.args.trim()],
  ];
  const { queue, custom, ...job } = lineJob(draft, at);
  if (queue) fields.push(['queue', JSON.stringify(queue)]);
  for (const name of ['priority', 'retry', 'reserve_for', 'at'] as const)
    if (job[name] !== undefined) fields.push([name, JSON.stringify(job[name])]);
  if (custom) fields.push(['custom', custom]);
  return `{${fields.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`;
}
