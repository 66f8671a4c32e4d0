/**
 * Hides values of arguments in the web UI: the rule `password` hides every member of that name at
 * any depth, of all jobs; `SendEmail:password` only in jobs of that jobtype; `SendEmail:0` the first
 * argument; `SendEmail` all arguments.
 *
 * All other text stays as it is, numbers with their digits. Workers always get the whole job.
 * Note: while there are rules, a search in the arguments is refused, because repeated searches would
 * reveal a hidden value letter by letter.
 */
import { FaktoryError, type JsonPath, replaceInParts } from '@faktory-ts/protocol';
import { pageParts } from '../rounds.ts';

/** What stands in the place of a hidden value. */
export const HIDDEN = '•••';
const MARK = JSON.stringify(HIDDEN);

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
  permitSearch(search: { readonly text?: string | undefined; readonly search?: string | undefined }): void {
    if (!this.active || (search.text ?? search.search) === undefined) return;
    const text =
      'arguments cannot be searched while some are hidden (redact); search by jobtype, queue or error';
    throw new FaktoryError('FORBIDDEN', text);
  }

  /**
   * Arguments as they may be shown, of a job that goes by these names; with two it is a wrapper, and the second is what it wraps. Of
   * long ones only the beginning: at least `most` characters.
   */
  args(jobtypes: readonly string[], json: string, most = Number.POSITIVE_INFINITY): string {
    const names = this.#namesFor(jobtypes);
    if (names === undefined) return `["${HIDDEN}"]`;
    // Where something is escaped, a name may be: é is one character to some clients and six to others.
    const mayHave = (name: string): boolean => json.includes(name) || /^\d+$/.test(name);
    if (names.size === 0 || !(json.includes('\\') || [...names].some(mayHave))) return json;
    const wrapped = jobtypes.length > 1;
    const replacing = replaceInParts(
      json,
      (path) => (isHidden(path, names, wrapped) ? MARK : undefined),
      most,
    );
    for (;;) {
      const { done, value } = replacing.next();
      if (done) return value;
    }
  }

  /** A whole job; others are served between its parts. */
  async job(jobtypes: readonly string[], json: string): Promise<string> {
    const names = this.#namesFor(jobtypes);
    if (names?.size === 0) return json;
    const wrapped = jobtypes.length > 1;
    const replacing = replaceInParts(json, (path) => {
      const isField = path.length === 1;
      if (names === undefined) return isField && path[0] === 'args' ? `[${MARK}]` : undefined;
      if (isField) return undefined;
      const hidden = path[0] === 'args' ? isHidden(path, names, wrapped, 1) : isNamed(path, names);
      return hidden && (path[0] === 'args' || path[0] === 'custom') ? MARK : undefined;
    });
    for (;;) {
      const { done, value } = replacing.next();
      if (done) return value;
      await pageParts.next();
    }
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
    throw new FaktoryError('CONFIG', 'http.redact: a rule is empty; name a member, or Jobtype:member');
  // A class of Ruby has colons of its own.
  if (at > 0 && rule[at - 1] !== ':') return { jobtype: rule.slice(0, at), name: rule.slice(at + 1) };
  return isType ? { jobtype: rule, name: undefined } : { jobtype: undefined, name: rule };
}

/** A member of an object of one of these names. */
function isNamed(path: JsonPath, names: ReadonlySet<string>): boolean {
  const last = path.at(-1);
  return typeof last === 'string' && names.has(last);
}

/**
 * The same, or the argument in one of these places; with a wrapper around, also the argument of what is wrapped. The arguments are
 * `from` steps inside.
 */
function isHidden(path: JsonPath, names: ReadonlySet<string>, wrapped: boolean, from = 0): boolean {
  const last = path.at(-1);
  if (typeof last === 'string') return names.has(last);
  const depth = path.length - from;
  const inWrapper = wrapped && depth === 3 && path[from] === 0 && path[from + 1] === 'arguments';
  return (depth === 1 || inWrapper) && names.has(String(last));
}
