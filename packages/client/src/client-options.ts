/**
 * The options of a client, and their checks: an unknown or invalid option is an error before the
 * client dials.
 */

import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { FaktoryError } from '@faktory-ts/protocol';
import type { JobDefinition } from './define-job.ts';
import type { AnyJobs } from './job-map.ts';
import type { JobDefaults } from './job-options.ts';
import { checkIsObject, checkKnown } from './known-options.ts';
import type { PushMiddleware } from './push-middleware.ts';
import type { SpoolOptions } from './spool/spool.ts';

/** Options of a {@link Client}; all have a default. */
export interface ClientOptions<Jobs = AnyJobs> {
  /**
   * `tcp://:password@host:port` or `tcp+tls://…`; several are tried in order. Default:
   * FAKTORY_PROVIDER, FAKTORY_URL, else `tcp://localhost:7419`.
   */
  url?: string | readonly string[] | undefined;
  /** Replaces the passwords in the URLs. Default: none. */
  password?: string | undefined;
  /**
   * Lets a server with our extensions count this client's pushes, under a random name. A push whose
   * reply was lost is then sent again exactly when the server did not carry it out. Default true.
   */
  exactlyOnce?: boolean | undefined;
  /**
   * Stores pushes in a file while the server cannot be reached; see {@link SpoolOptions}. Default:
   * they wait for their `timeout`.
   */
  spool?: SpoolOptions | undefined;
  /**
   * Maximum number of calls that wait while the server cannot be reached; further calls reject with
   * `LIMIT` at once. Default 10,000.
   */
  maxWaiting?: number | undefined;
  /**
   * Milliseconds that a call waits, including the wait for a connection; each call may set its own.
   * Default 5000.
   */
  timeout?: number | undefined;
  /**
   * Milliseconds without a call after which the client closes its socket; the next call opens one.
   * So a client that a hot reload or a frozen function left behind does not hold a connection of
   * the server. Infinity = never. Default 60,000; never for a client with a `wid`.
   */
  idleTimeout?: number | undefined;
  /** Ends the client at once when aborted: every call rejects with `ABORTED`. Default: none. */
  signal?: AbortSignal | undefined;
  /** Makes the client a consumer; the server lists it as a worker. Default: none, a producer. */
  wid?: string | undefined;
  /** Labels of the worker with this wid. Default: none. */
  labels?: readonly string[] | undefined;
  /**
   * For `tcp+tls://`: `ca`, `cert`, `key`, `servername` …, as in Node's `tls.connect`. Default: the
   * files that FAKTORY_TLS_CA, FAKTORY_TLS_CERT and FAKTORY_TLS_KEY name.
   */
  tls?: TlsOptions | undefined;
  /**
   * Definitions: they type the client, check arguments of pushes, and set defaults. Default: none.
   */
  jobs?: (Jobs extends readonly JobDefinition[] ? Jobs : undefined) | undefined;
  /** Defaults of every job, after its own values and its definition's. Default: the server's. */
  defaults?: JobDefaults | undefined;
  /** Functions around every pushed line of jobs; the first is the outermost. Default: none. */
  middleware?: readonly PushMiddleware[] | undefined;
}

const names = [
  'url',
  'password',
  'exactlyOnce',
  'spool',
  'maxWaiting',
  'timeout',
  'idleTimeout',
  'signal',
  'wid',
  'labels',
  'tls',
  'jobs',
  'defaults',
  'middleware',
] as const satisfies readonly (keyof ClientOptions)[];

type Check = [name: keyof ClientOptions, fits: (value: unknown) => boolean, must: string];

const isList = (fits: (one: unknown) => boolean) => (value: unknown) =>
  Array.isArray(value) && value.every(fits);
const isText = (value: unknown): boolean => typeof value === 'string';
const isObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isDefinition = (value: unknown): boolean => isText((value as Partial<JobDefinition> | null)?.jobtype);

const checks: readonly Check[] = [
  ['url', (value) => isText(value) || isList(isText)(value), 'be a URL, or a list of URLs'],
  ['password', isText, 'be a text'],
  ['exactlyOnce', (value) => typeof value === 'boolean', 'be true or false'],
  ['spool', isObject, "be an object: { file: 'jobs.spool' }"],
  ['maxWaiting', (value) => typeof value === 'number' && value >= 0, 'be a number, 0 or more'],
  ['timeout', (value) => typeof value === 'number' && value > 0, 'be more than 0 milliseconds'],
  ['idleTimeout', (value) => typeof value === 'number' && value > 0, 'be more than 0 milliseconds'],
  ['signal', (value) => value instanceof AbortSignal, 'be an AbortSignal'],
  ['wid', isText, 'be a text'],
  ['labels', isList(isText), "be a list of texts: ['web']"],
  ['tls', isObject, 'be an object, as for tls.connect'],
  ['jobs', isList(isDefinition), 'be a list of definitions: [defineJob(…)]'],
  ['defaults', isObject, "be an object: { queue: 'mail' }"],
  ['middleware', isList((one) => typeof one === 'function'), 'be a list of functions (pushing, next)'],
];

/** Throws `CONFIG` for an unknown or invalid option. */
export function checkClientOptions(options: object): void {
  checkIsObject('new Client()', options, "new Client({ url: 'tcp://localhost:7419' })");
  checkKnown('new Client()', options, names);
  for (const [name, fits, must] of checks) {
    const value = (options as ClientOptions<unknown>)[name];
    if (value === undefined || fits(value)) continue;
    throw new FaktoryError('CONFIG', `${name} must ${must}`);
  }
}
