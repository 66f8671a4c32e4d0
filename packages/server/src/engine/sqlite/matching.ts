/**
 * Whether a job is one of those asked for, decided twice: SQL lets through what may be (a plain search in the stored text, which is
 * fast), and JavaScript decides, from the values.
 *
 * A stranger would get wrong why both are needed: what a client chose (`custom`, `args`) may hold the very text that marks a jobtype, and
 * clients write the same character as itself or as an escape. The first must never leave out what the second would take.
 */
import { jsonString, parseJob } from '@faktory-ts/protocol';
import type { FindAsk } from '../engine.ts';
import type { Value } from './binding.ts';

/** A condition in SQL and its values. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly Value[];
}

/** What a row must hold for its job to be one of those asked for, by its texts. None: every row is. */
export function candidates({ jobtypes, text, error }: FindAsk): Condition[] {
  const conditions: Condition[] = [];
  if (jobtypes) {
    const marks = jobtypes.map((name) => `"jobtype":${jsonString(name)}`);
    conditions.push({
      sql: `(${['0', ...marks.map(() => 'instr(document, ?)')].join(' OR ')})`,
      values: marks,
    });
  }
  if (text !== undefined)
    conditions.push({ sql: `(instr(document, ?) OR instr(document, '\\'))`, values: [text] });
  if (error !== undefined)
    conditions.push({ sql: `(instr(failure, ?) OR instr(failure, '\\'))`, values: [error] });
  return conditions;
}

/** The texts of a row. */
export interface Texts {
  readonly document: string;
  readonly failure: string | null;
}

/** Decides of a candidate. Undefined: every candidate is one of those asked for. */
export function decision({ jobtypes, text, error }: FindAsk): ((row: Texts) => boolean) | undefined {
  const rules: ((row: Texts) => boolean)[] = [];
  if (error !== undefined) rules.push(({ failure }) => failure !== null && failedWith(failure, error));
  if (jobtypes) {
    const wanted = new Set(jobtypes);
    rules.push(({ document }) => wanted.has(parseJob(document).jobtype));
  }
  if (text !== undefined) rules.push(({ document }) => saysIn(parseJob(document).args, text));
  if (rules.length === 0) return undefined;
  return (row) => rules.every((rule) => rule(row));
}

function failedWith(failure: string, error: string): boolean {
  const { errtype = '', message = '' } = JSON.parse(failure) as { errtype?: string; message?: string };
  return errtype.includes(error) || message.includes(error);
}

function saysIn(args: string, text: string): boolean {
  if (args.includes(text)) return true;
  if (!args.includes('\\')) return false;
  const plain = JSON.stringify(JSON.parse(args));
  return plain.includes(text) || plain.includes(JSON.stringify(text).slice(1, -1));
}
