/**
 * Values of arguments that the web UI does not show: `password` hides every member of that name at any depth, of all jobs;
 * `SendEmail:password` only in jobs of that jobtype, `SendEmail:0` its first argument, `SendEmail` all its arguments.
 *
 * It must never change a text in which nothing is hidden. What the wire gives to workers is never hidden. A stranger would get wrong that
 * a search in the arguments is refused while there are rules: it would tell what is hidden, a letter at a time.
 */
import { FaktoryError } from '@faktory-ts/protocol';

/** What stands in the place of a hidden value. */
export const HIDDEN = '•••';

interface Rule {
  /** Undefined: all. */
  readonly jobtype: string | undefined;
  /** A member's name, or an argument's number; undefined: all arguments. */
  readonly name: string | undefined;
}

export class Redaction {
  readonly #rules: readonly Rule[];

  /** Throws CONFIG for a rule that makes no sense. */
  constructor(rules: readonly string[]) {
    this.#rules = rules.map(readRule);
  }

  /** Whether anything is hidden. */
  get active(): boolean {
    return this.#rules.length > 0;
  }

  /** Throws FORBIDDEN for a search that would tell what is hidden. */
  permitSearch(search: { readonly text?: string | undefined }): void {
    if (!this.active || search.text === undefined) return;
    const text =
      'arguments cannot be searched while some are hidden (redact); search by jobtype, queue or error';
    throw new FaktoryError('FORBIDDEN', text);
  }

  /** Arguments as they may be shown, of a job that goes by these names; with two it is a wrapper, and the second is what it wraps. */
  args(jobtypes: readonly string[], json: string): string {
    const names = this.#namesFor(jobtypes);
    if (names === undefined) return `["${HIDDEN}"]`;
    // Where something is escaped, a name may be: é is one character to some clients and six to others.
    const mayHave = (name: string): boolean => json.includes(name) || /^\d+$/.test(name);
    if (names.size === 0 || !(json.includes('\\') || [...names].some(mayHave))) return json;
    const outer = hide(JSON.parse(json), names, true);
    const inner = jobtypes.length > 1 ? hideWrapped(outer.value, names) : outer;
    return outer.hid || inner.hid ? JSON.stringify(inner.value) : json;
  }

  /** A whole job. */
  job(jobtypes: readonly string[], json: string): string {
    const names = this.#namesFor(jobtypes);
    if (names?.size === 0) return json;
    const job = JSON.parse(json) as Record<string, unknown>;
    const args = JSON.parse(this.args(jobtypes, JSON.stringify(job.args ?? []))) as unknown;
    const custom = names === undefined ? job.custom : hide(job.custom, names, false).value;
    return JSON.stringify({ ...job, args, ...(custom === undefined ? {} : { custom }) });
  }

  /** Undefined: all arguments are hidden. */
  #namesFor(jobtypes: readonly string[]): Set<string> | undefined {
    const names = new Set<string>();
    for (const rule of this.#rules) {
      if (rule.jobtype !== undefined && !jobtypes.includes(rule.jobtype)) continue;
      if (rule.name === undefined) return undefined;
      names.add(rule.name);
    }
    return names;
  }
}

function readRule(text: string): Rule {
  const rule = text.trim();
  const at = rule.lastIndexOf(':');
  const isType = /^[A-Z]/.test(rule) || rule.includes('::');
  if (rule === '')
    throw new FaktoryError('CONFIG', 'redact: a rule is empty; name a member, or Jobtype:member');
  // A class of Ruby has colons of its own.
  if (at > 0 && rule[at - 1] !== ':') return { jobtype: rule.slice(0, at), name: rule.slice(at + 1) };
  return isType ? { jobtype: rule, name: undefined } : { jobtype: undefined, name: rule };
}

/** A number is the place among the arguments of what is wrapped, too. */
function hideWrapped(args: unknown, names: ReadonlySet<string>): { value: unknown; hid: boolean } {
  const [wrapper, ...rest] = args as unknown[];
  const { arguments: wrapped } = Object(wrapper) as { arguments?: unknown };
  if (!Array.isArray(wrapped)) return { value: args, hid: false };
  const { value, hid } = hide(wrapped, names, true);
  return { value: [{ ...Object(wrapper), arguments: value }, ...rest], hid };
}

function hide(value: unknown, names: ReadonlySet<string>, top: boolean): { value: unknown; hid: boolean } {
  if (typeof value !== 'object' || value === null) return { value, hid: false };
  let hid = false;
  const inside = (key: string, item: unknown): unknown => {
    if (names.has(key) && (!Array.isArray(value) || top)) {
      hid = true;
      return HIDDEN;
    }
    const inner = hide(item, names, false);
    hid ||= inner.hid;
    return inner.value;
  };
  const shown = Array.isArray(value)
    ? value.map((item, index) => inside(String(index), item))
    : Object.fromEntries(Object.entries(value).map(([key, item]) => [key, inside(key, item)]));
  return { value: shown, hid };
}
