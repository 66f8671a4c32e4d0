/* What a client may be told, and the checks of it: an option that cannot work, or does not exist, is an error before anything is dialled. */

import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { FaktoryError } from '@faktory-ts/protocol';
import type { JobDefinition } from './define-job.ts';
import type { AnyJobs } from './job-map.ts';
import type { JobDefaults } from './job-options.ts';
import { checkIsObject, checkKnown } from './known-options.ts';
import type { PushMiddleware } from './push-middleware.ts';
import type { SpoolOptions } from './spool/spool.ts';

/** What a {@link Client} may be told. Everything has a default. */
export interface ClientOptions<Jobs = AnyJobs> {
  /**
   * `tcp://:password@host:port` or `tcp+tls://…`; several are tried in order. Default: FAKTORY_PROVIDER, FAKTORY_URL, else
   * `tcp://localhost:7419`.
   */
  url?: string | readonly string[] | undefined;
  /** Wins over the ones in the URLs. Default: none. */
  password?: string | undefined;
  /**
   * Lets a server with our extensions count what this client pushes, under a random name, so that a push whose answer got lost is sent
   * again exactly when it was not carried out. Default true.
   */
  exactlyOnce?: boolean | undefined;
  /** Keeps pushes in a file while the server is away; see {@link SpoolOptions}. Default: they wait for their `timeout`. */
  spool?: SpoolOptions | undefined;
  /** Most calls that wait while the server is away; more reject with `LIMIT` at once. Default 10,000. */
  maxWaiting?: number | undefined;
  /** Milliseconds each call waits, a missing connection included; a call may say otherwise. Default 5000. */
  timeout?: number | undefined;
  /**
   * Milliseconds without a call after which the client closes its socket; the next call opens one. So a client that a hot reload or a
   * frozen function left behind holds no connection of the server. Infinity = never. Default 60,000; never for a client with a `wid`.
   */
  idleTimeout?: number | undefined;
  /** Ends the client at once when aborted: every call rejects with `ABORTED`. Default: none. */
  signal?: AbortSignal | undefined;
  /** Makes the client a consumer in the server's eyes; it is then shown as a worker. Default: none, a producer. */
  wid?: string | undefined;
  /** Shown beside the wid. Default: none. */
  labels?: readonly string[] | undefined;
  /**
   * For `tcp+tls://`: `ca`, `cert`, `key`, `servername` …, as in Node's `tls.connect`. Default: the files that FAKTORY_TLS_CA,
   * FAKTORY_TLS_CERT and FAKTORY_TLS_KEY name.
   */
  tls?: TlsOptions | undefined;
  /** Definitions: they type the client, check arguments when they are pushed, and give defaults. Default: none. */
  jobs?: (Jobs extends readonly JobDefinition[] ? Jobs : undefined) | undefined;
  /** For every job that does not say otherwise, itself or by its definition. Default: the server's. */
  defaults?: JobDefaults | undefined;
  /** Around every line of jobs that is pushed, the first outermost. Default: none. */
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

/** Throws `CONFIG` for an option that does not exist, or has a value that it cannot have. */
export function checkClientOptions(options: object): void {
  checkIsObject('new Client()', options, "new Client({ url: 'tcp://localhost:7419' })");
  checkKnown('new Client()', options, names);
  for (const [name, fits, must] of checks) {
    const value = (options as ClientOptions<unknown>)[name];
    if (value === undefined || fits(value)) continue;
    throw new FaktoryError('CONFIG', `${name} must ${must}`);
  }
}
