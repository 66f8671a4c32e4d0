/**
 * Whether a job is one of those asked for, decided twice: SQL lets through what may be (a plain search in the stored text, which is
 * fast), and JavaScript decides, from the values.
 *
 * A stranger would get wrong why both are needed: what a client chose (`custom`, `args`) may hold the very text that marks a jobtype, and
 * clients write the same character as itself or as an escape. The first must never leave out what the second would take.
 */
import { fingerprint, fingerprintOfType, jsonString, storedJob } from '@faktory-ts/protocol';
import type { FindAsk, JobError } from '../../engine.ts';
import type { Value } from '../state/binding.ts';

/** A condition in SQL and its values. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly Value[];
}

/** What a row must hold for its job to be one of those asked for, by its texts. None: every row is. */
export function candidates({ jobtypes, text, search, error, fingerprints }: FindAsk): Condition[] {
  const conditions: Condition[] = [];
  if (jobtypes) {
    const marks = jobtypes.map((name) => `"jobtype":${jsonString(name)}`);
    conditions.push({
      sql: `(${['0', ...marks.map(() => 'instr(document, ?)')].join(' OR ')})`,
      values: marks,
    });
  }
  for (const part of [text, search])
    if (part !== undefined)
      conditions.push({ sql: `(instr(document, ?) OR instr(document, '\\'))`, values: [part] });
  if (error !== undefined)
    conditions.push({ sql: `(instr(failure, ?) OR instr(failure, '\\'))`, values: [error] });
  if (fingerprints) conditions.push({ sql: 'failure IS NOT NULL', values: [] });
  return conditions;
}

/** The texts of a row. */
export interface Texts {
  readonly document: string;
  readonly failure: string | null;
}

/** Decides of a candidate. Undefined: every candidate is one of those asked for. */
export function decision({
  jobtypes,
  text,
  search,
  error,
  fingerprints,
}: FindAsk): ((row: Texts) => boolean) | undefined {
  const rules: ((row: Texts) => boolean)[] = [];
  if (error !== undefined) rules.push(({ failure }) => failure !== null && failedWith(failure, error));
  if (fingerprints) {
    const wanted = new Set(fingerprints);
    rules.push(({ failure }) => failure !== null && isOf(wanted, failure));
  }
  if (jobtypes) {
    const wanted = new Set(jobtypes);
    rules.push(({ document }) => wanted.has(partsOf(document).jobtype));
  }
  if (text !== undefined) rules.push(({ document }) => saysIn(partsOf(document).args, text));
  if (search !== undefined) {
    rules.push(({ document }) => {
      const { jid, args } = partsOf(document);
      return jid.includes(search) || saysIn(args, search);
    });
  }
  if (rules.length === 0) return undefined;
  return (row) => rules.every((rule) => rule(row));
}

function failedWith(failure: string, error: string): boolean {
  const { errtype, message } = errorOf(failure);
  return errtype.includes(error) || message.includes(error);
}

function isOf(wanted: ReadonlySet<string>, failure: string): boolean {
  const { errtype, message } = errorOf(failure);
  return wanted.has(fingerprint(errtype, message).id) || wanted.has(fingerprintOfType(errtype).id);
}

const OURS =
  /^\{"failed_at":"[^"]*"(?:,"next_at":"[^"]*")?,"message":("(?:[^"\\]|\\.)*"),"errtype":("(?:[^"\\]|\\.)*")/;

/** What a failure says, empty where it says nothing. As the server writes them, the backtrace behind it is not read. */
export function errorOf(failure: string): JobError {
  const ours = OURS.exec(failure);
  if (ours)
    return { message: JSON.parse(ours[1] ?? '') as string, errtype: JSON.parse(ours[2] ?? '') as string };
  const { errtype = '', message = '' } = JSON.parse(failure) as Partial<JobError>;
  return { errtype, message };
}

function saysIn(args: string, text: string): boolean {
  if (args.includes(text)) return true;
  if (!args.includes('\\')) return false;
  const plain = withFewEscapes(args);
  return plain.includes(text) || plain.includes(JSON.stringify(text).slice(1, -1));
}

/** The JSON text with the escapes that must be there, as JSON.stringify writes them, and no others. No value of it is built. */
function withFewEscapes(json: string): string {
  return json.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/g, (found, hex: string | undefined, letter) => {
    if (hex === undefined) return letter === '/' ? '/' : found;
    const unit = Number.parseInt(hex, 16);
    const character = String.fromCharCode(unit);
    return unit < 0x20 || unit === 0x22 || unit === 0x5c ? JSON.stringify(character).slice(1, -1) : character;
  });
}

// Inside a text no quote stands without a backslash: so where there are none, and no `custom`, each key is where it is first found.
const PLAIN = /^\{"retry":-?\d+,"jid":"([^"]*)","queue":"[^"]*","jobtype":"([^"]*)"/;
const AFTER_ARGS = /(?:,"reserve_for":-?\d+)?(?:,"backtrace":-?\d+)?\}$/;

/** Counting a million of the usual jobs by their arguments took 14 s with parsing each, 7 s with this. */
function partsOf(document: string): {
  readonly jid: string;
  readonly jobtype: string;
  readonly args: string;
} {
  const plain = document.includes('\\') ? null : PLAIN.exec(document);
  const args = plain ? document.indexOf(',"args":[', plain[0].length) : -1;
  if (!plain || args < 0) return storedJob(document);
  return {
    jid: plain[1] ?? '',
    jobtype: plain[2] ?? '',
    args: document.slice(args + 8).replace(AFTER_ARGS, ''),
  };
}
