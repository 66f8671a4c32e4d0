/**
 * WHO MAY DO WHAT: the one table. Each verb of the wire (with its subcommand where these differ) and each guarded route of HTTP → the
 * right it takes. A password has all rights; a token has those of its scope.
 *
 * It must never be asked for callers without limits: they pay nothing. A stranger would get wrong that what is not in the table takes
 * `admin`: a forgotten line shuts a door, and a test finds it.
 */
import { excerpt, FaktoryError } from '@faktory-ts/protocol';

export type Right = 'push' | 'fetch' | 'read' | 'operate' | 'admin';

/** `any`: whoever was let in. INFO is, because workers in other languages ask for it at their start; it holds counts and names only. */
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

/** What a scope gives beside the right of its name. */
const roles: Readonly<Record<Right, readonly Right[]>> = {
  push: ['push'],
  fetch: ['fetch'],
  read: ['read'],
  operate: ['operate', 'read', 'push'],
  admin: ['admin'],
};

/** What a token is limited to. */
export interface Limits {
  readonly scope: string;
  readonly rights: ReadonlySet<Right>;
  /** Where it may fetch; undefined = everywhere. */
  readonly queues: ReadonlySet<string> | undefined;
}

/**
 * Reads a scope: `push`, `fetch`, `fetch:QUEUE,QUEUE`, `read`, `operate`, `admin`, or several joined with `+`. Undefined: no limits
 * (admin). Throws CONFIG.
 */
export function parseScope(scope: string): Limits | undefined {
  const granted = new Set<Right>();
  let queues: ReadonlySet<string> | undefined;
  for (const part of scope.split('+')) {
    const [role = '', names] = part.split(':', 2);
    const wrong = !isRight(role) || (names !== undefined && (role !== 'fetch' || !/^[\w.,-]+$/.test(names)));
    if (wrong) {
      const ways = 'push, fetch, fetch:QUEUE,QUEUE, read, operate, admin, or several joined with +';
      throw new FaktoryError('CONFIG', `"${excerpt(part)}" is no scope; choose ${ways}`);
    }
    for (const right of roles[role]) granted.add(right);
    if (names !== undefined) queues = new Set(names.split(','));
  }
  return granted.has('admin') ? undefined : { scope, rights: granted, queues };
}

const isRight = (text: string): text is Right => Object.hasOwn(roles, text);

/** The line of the table for a command: its verb, with its subcommand where that decides. */
export function keyOf(verb: string, payload: string): string {
  if (Object.hasOwn(rights, verb)) return verb;
  return `${verb} ${payload.trimStart().split(' ', 1)[0]?.toUpperCase().slice(0, 30)}`;
}

/** The right that a line of the table takes. */
function rightOf(key: string): Right | 'any' {
  return Object.hasOwn(rights, key) ? (rights[key] ?? 'admin') : 'admin';
}

/** Whether what a verb does may have to go into the audit log. */
export function isWatched(verb: string): boolean {
  return !Object.hasOwn(rights, verb) || isAudited(verb);
}

/** Whether who did this goes into the audit log. */
export function isAudited(key: string): boolean {
  return ['operate', 'admin'].includes(rightOf(key));
}

/** Throws FORBIDDEN when these limits do not allow it. */
export function permit({ rights: granted, scope }: Limits, key: string): void {
  const needed = rightOf(key);
  if (needed === 'any' || granted.has(needed)) return;
  throw new FaktoryError(
    'FORBIDDEN',
    `not permitted: ${key} takes the right "${needed}", this token has "${scope}"`,
  );
}

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
export function permitOwned(
  { who, limits }: { readonly who: string; readonly limits: Limits | undefined },
  owner: string | undefined,
  what: string,
): void {
  if (!owner || owner === who || limits === undefined) return;
  throw new FaktoryError(
    'FORBIDDEN',
    `not permitted: ${what} belongs to another secret; choose another name`,
  );
}

/** All that these limits grant. */
export function rightsOf(limits: Limits | undefined): readonly Right[] {
  return limits ? [...limits.rights] : (Object.keys(roles) as Right[]);
}
