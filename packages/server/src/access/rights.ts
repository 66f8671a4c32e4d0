/**
 * The table of rights: which right each verb of the wire (by subcommand where these differ) and each
 * guarded route of HTTP needs. A password has all rights; a token has those of its scope. Features
 * add their lines and rights. Callers without limits are not looked up, so they pay nothing.
 *
 * Note: what is not in the table needs `admin`, so a forgotten line denies access, and a test finds it.
 */
import { excerpt, FaktoryError } from '@faktory-ts/protocol';
import type { Feature, FeatureCaller, FeatureRight } from '../jobs/feature.ts';

type Right = 'push' | 'fetch' | 'read' | 'operate' | 'admin';

/** The lines of the server itself. `any`: whoever was let in. INFO is, because workers in other languages ask for it at their start; it holds counts and names only. */
export const rights: Readonly<Record<string, Right | 'any'>> = {
  END: 'any',
  INFO: 'any',
  EXT: 'any',
  PUSH: 'push',
  PUSHB: 'push',
  BATCH: 'push',
  FETCH: 'fetch',
  FETCHB: 'fetch',
  ACK: 'fetch',
  ACKB: 'fetch',
  FAIL: 'fetch',
  FAILB: 'fetch',
  RELEASE: 'fetch',
  EXTEND: 'fetch',
  BEAT: 'fetch',
  TRACK: 'fetch',
  'QUEUE LATENCY': 'read',
  BACKUPS: 'read',
  JOBS: 'read',
  QUEUES: 'read',
  WORKERS: 'read',
  TAIL: 'read',
  'QUEUE PAUSE': 'operate',
  'QUEUE RESUME': 'operate',
  'QUEUE REMOVE': 'operate',
  MUTATE: 'operate',
  CHANGE: 'operate',
  UNDO: 'operate',
  SIGNAL: 'operate',
  BACKUP: 'operate',
  VERIFY: 'operate',
  FLUSH: 'admin',
  TOKENS: 'admin',
  'GET /stats': 'any',
  'GET /metrics': 'read',
  'GET /history': 'read',
  'GET /api/session': 'any',
  'GET /api/openapi.json': 'any',
  'GET /api/live': 'read',
  'GET /api/queues': 'read',
  'GET /api/seconds': 'read',
  'GET /api/queues/:name': 'read',
  'POST /api/queues/:name/pause': 'operate',
  'POST /api/queues/:name/resume': 'operate',
  'POST /api/queues/:name/remove': 'operate',
  'GET /api/jobs': 'read',
  'GET /api/jobs/count': 'read',
  'GET /api/jobs/:jid': 'read',
  'GET /api/jobs/:jid/raw': 'read',
  'POST /api/jobs': 'push',
  'POST /api/jobs/change': 'operate',
  'GET /api/jobtypes': 'read',
  'GET /api/history': 'read',
  'GET /api/kinds': 'read',
  'GET /api/errors': 'read',
  'GET /api/workers': 'read',
  'POST /api/workers/signal': 'operate',
  'GET /api/undo': 'read',
  'POST /api/undo': 'operate',
  'GET /api/about': 'read',
  'GET /api/clients': 'read',
  'GET /api/backups': 'read',
  'POST /api/backups': 'operate',
  'GET /api/backups/:id/file': 'admin',
};

/** What a token may be given. A scope gives the right of its name, and all rights that name it in `givenBy`. */
const core: readonly FeatureRight[] = [
  { name: 'push', describe: 'PUSH and PUSHB', givenBy: ['operate'] },
  { name: 'fetch', describe: 'FETCH (of the named queues, or of all), ACK, FAIL, BEAT' },
  { name: 'read', describe: 'what shows queues and jobs', givenBy: ['operate'] },
  { name: 'operate', describe: 'the same, push, and what changes queues and jobs' },
  { name: 'admin', describe: 'everything' },
];

/** Somebody who was let in. */
export interface Caller {
  /** For the audit log: `password`, `token NAME`, or `anybody`. */
  readonly who: string;
  /** Undefined: all rights. */
  readonly limits: Limits | undefined;
}

/** What a token is limited to. */
export interface Limits {
  readonly scope: string;
  readonly rights: ReadonlySet<string>;
  /** Where it may fetch; undefined = everywhere. */
  readonly queues: ReadonlySet<string> | undefined;
}

/** The table of a server: its own lines and rights, and those of its features. */
export class Rights {
  /** In the order of the help. */
  readonly all: readonly FeatureRight[];
  /** Line → its right. */
  readonly #lines: Map<string, string>;
  /** Lines whose use goes into the audit log, or does not, whatever their right. */
  readonly #audited: Map<string, boolean>;

  /** Throws CONFIG for features that do not fit. */
  constructor(features: readonly Feature[]) {
    this.all = [...core, ...features.flatMap(({ rights: own = [] }) => own)];
    this.#lines = new Map(Object.entries(rights));
    this.#audited = new Map();
    const names = this.all.map(({ name }) => name);
    for (const [index, name] of names.entries())
      if (!/^[a-z]{1,30}$/.test(name) || name === 'any' || names.indexOf(name) !== index)
        throw misfit(`the right "${name}" is taken or is no word of a to z; choose another name`);
    for (const feature of features) this.#add(feature);
  }

  #add({ name: feature, verbs = [], routes = [] }: Feature): void {
    for (const { name, right, audited } of verbs) {
      this.#lines.delete(name);
      const lines = typeof right === 'string' ? { '': right } : right;
      for (const [sub, needed] of Object.entries(lines))
        this.#addLine(feature, sub === '' ? name : `${name} ${sub}`, needed, audited);
    }
    const taken = new Set(['login', 'logout', ...[...this.#lines.keys()].map(folderOf)]);
    for (const { method, path, right, audited } of routes) {
      const line = `${method} /api${path}`;
      if (!/^(\/:?[\w-]+)+$/.test(path) || taken.has(folderOf(line)))
        throw misfit(
          `the feature ${feature} cannot bring ${line}: the server or another feature has this part of /api, or it is no path; choose another`,
        );
      this.#addLine(feature, line, right, audited);
    }
  }

  #addLine(feature: string, line: string, right: string, audited: boolean | undefined): void {
    if (right !== 'any' && !this.all.some(({ name }) => name === right))
      throw misfit(`${line} of the feature ${feature} takes the right "${right}", which does not exist`);
    this.#lines.set(line, right);
    if (audited !== undefined) this.#audited.set(line, audited);
  }

  /**
   * Reads a scope: `push`, `fetch`, `fetch:QUEUE,QUEUE`, `read`, `operate`, `admin`, the right of a feature, or several joined with `+`.
   * Undefined: no limits (admin). Throws CONFIG.
   */
  parseScope(scope: string): Limits | undefined {
    const granted = new Set<string>();
    let queues: ReadonlySet<string> | undefined;
    for (const part of scope.split('+')) {
      const [role = '', names] = part.split(':', 2);
      const given = this.all.filter(({ name, givenBy = [] }) => name === role || givenBy.includes(role));
      const known = given.some(({ name }) => name === role);
      if (!known || (names !== undefined && (role !== 'fetch' || !/^[\w.,-]+$/.test(names)))) {
        const ways = this.all.map(({ name }) => (name === 'fetch' ? 'fetch, fetch:QUEUE,QUEUE' : name));
        throw misfit(`"${excerpt(part)}" is no scope; choose ${ways.join(', ')}, or several joined with +`);
      }
      for (const { name } of given) granted.add(name);
      if (names !== undefined) queues = new Set(names.split(','));
    }
    return granted.has('admin') ? undefined : { scope, rights: granted, queues };
  }

  /** The line of the table for a command: its verb, with its subcommand where that decides. */
  keyOf(verb: string, payload: string): string {
    if (this.#lines.has(verb)) return verb;
    return `${verb} ${payload.trimStart().split(' ', 1)[0]?.toUpperCase().slice(0, 30)}`;
  }

  /** The right that a line of the table takes. */
  #rightOf(key: string): string {
    return this.#lines.get(key) ?? 'admin';
  }

  /** Whether what a verb does may have to go into the audit log. */
  isWatched(verb: string): boolean {
    return !this.#lines.has(verb) || this.isAudited(verb);
  }

  /** Whether who did this goes into the audit log. */
  isAudited(key: string): boolean {
    return this.#audited.get(key) ?? ['operate', 'admin'].includes(this.#rightOf(key));
  }

  /** Throws FORBIDDEN when these limits do not allow it. */
  permit({ rights: granted, scope }: Limits, key: string): void {
    const needed = this.#rightOf(key);
    if (needed === 'any' || granted.has(needed)) return;
    throw new FaktoryError(
      'FORBIDDEN',
      `not permitted: ${key} takes the right "${needed}", this token has "${scope}"`,
    );
  }

  /** A caller as features see it. */
  callerOf({ who, limits }: Caller): Pick<FeatureCaller, 'who' | 'rights' | 'queues'> {
    return { who, rights: new Set(this.rightsOf(limits)), queues: limits?.queues };
  }

  /** All that these limits grant. */
  rightsOf(limits: Limits | undefined): readonly string[] {
    return limits ? [...limits.rights] : this.all.map(({ name }) => name);
  }
}

/** The first part behind `/api`; empty for a verb. */
const folderOf = (line: string): string => /^\w+ \/api\/([^/]+)/.exec(line)?.[1] ?? '';

const misfit = (text: string): FaktoryError => new FaktoryError('CONFIG', text);

/** Throws FORBIDDEN when a queue is not among those that may be fetched from. */
export function permitQueues(limits: Limits | undefined, asked: readonly string[]): void {
  const queues = limits?.queues;
  if (queues === undefined) return;
  const other = asked.find((queue) => !queues.has(queue));
  if (other === undefined) return;
  const text = `not permitted: this token fetches from ${[...queues].join(', ')} only, not from ${excerpt(other)}`;
  throw new FaktoryError('FORBIDDEN', text);
}

/** Throws FORBIDDEN for a name that another secret has. Nobody has it: undefined or empty. Whoever has all rights may take every name. */
export function permitOwned({ who, limits }: Caller, owner: string | undefined, what: string): void {
  if (!owner || owner === who || limits === undefined) return;
  throw new FaktoryError(
    'FORBIDDEN',
    `not permitted: ${what} belongs to another secret; choose another name`,
  );
}
