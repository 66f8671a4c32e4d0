/**
 * The table of the server's limits, for the flags, the [limits] table of the TOML files, and
 * --help. A limit's name is its flag and its TOML key. The defaults are always passed to the
 * library, so --help cannot differ from the server.
 */
import { FaktoryError } from '@faktory-ts/protocol';
import type { ServerOptions } from '@faktory-ts/server';
import type { ConfD } from './conf-d.ts';

interface Limit {
  readonly name: string;
  readonly option: keyof ServerOptions;
  readonly normal: number;
  readonly least: number;
  readonly most?: number;
  readonly meaning: string;
}

// A longer timer of Node fires at once.
const longestTimer = 2_147_483_647; // ms
// Node cannot hold a longer text.
const longestText = 536_870_888; // bytes

export const limits = [
  {
    name: 'max-line-bytes',
    option: 'maxLineBytes',
    normal: 8 * 1024 * 1024,
    least: 1024,
    most: longestText,
    meaning: 'longest command line, in bytes',
  },
  {
    name: 'max-connections',
    option: 'maxConnections',
    normal: 2000,
    least: 1,
    meaning: 'most clients at once',
  },
  {
    name: 'max-unauthenticated',
    option: 'maxUnauthenticated',
    normal: 1000,
    least: 1,
    meaning: 'most connections that have not sent HELLO yet',
  },
  {
    name: 'handshake-timeout',
    option: 'handshakeTimeout',
    normal: 2000,
    least: 1,
    most: longestTimer,
    meaning: 'time a connection has for its HELLO, in milliseconds',
  },
  {
    name: 'max-bulk-jobs',
    option: 'maxBulkJobs',
    normal: 10_000,
    least: 1,
    meaning: 'most jobs in one PUSHB',
  },
  {
    name: 'max-queue-length',
    option: 'maxQueueLength',
    normal: 0,
    least: 0,
    meaning: 'most jobs waiting in one queue, 0 = no limit',
  },
  {
    name: 'max-queues',
    option: 'maxQueues',
    normal: 10_000,
    least: 0,
    meaning: 'most queues; then jobs for new queues are refused; 0 = no limit',
  },
  {
    name: 'dead-limit',
    option: 'deadLimit',
    normal: 10_000,
    least: 0,
    meaning: 'most dead jobs; the oldest are deleted first; 0 = no limit',
  },
  {
    name: 'worker-timeout',
    option: 'workerTimeout',
    normal: 15_000,
    least: 1000,
    most: longestTimer,
    meaning: 'silence after which a worker with a lease loses its jobs, in milliseconds',
  },
  {
    name: 'max-worker-losses',
    option: 'maxWorkerLosses',
    normal: 3,
    least: 1,
    meaning: 'move a job to dead after its worker died this many times while it ran no other job',
  },
  {
    name: 'attempts',
    option: 'attempts',
    normal: 10,
    least: 0,
    most: 100,
    meaning: 'failed executions stored of each job: the first and the newest; 0 = none',
  },
  {
    name: 'max-unsent-bytes',
    option: 'maxUnsentBytes',
    normal: 1024 * 1024,
    least: 1024,
    meaning: 'unread replies after which a client is paused, in bytes',
  },
  {
    name: 'disk-reserve',
    option: 'diskReserve',
    normal: 256 * 1024 * 1024,
    least: 0,
    meaning: 'pushes are refused while the disk has less free space, in bytes; 0 = no reserve',
  },
  {
    name: 'unsent-timeout',
    option: 'unsentTimeout',
    normal: 30_000,
    least: 1,
    most: longestTimer,
    meaning: 'time after which a paused client that reads nothing is closed, in milliseconds',
  },
] as const satisfies readonly Limit[];

/** A limit's name in flags and TOML. */
export type LimitName = (typeof limits)[number]['name'];
type LimitOption = (typeof limits)[number]['option'];

/**
 * The limits as options of the library: flags override TOML, TOML overrides the defaults. Throws
 * CONFIG.
 */
export function limitOptions(
  flags: Partial<Record<LimitName, string>>,
  toml: { readonly limits: Partial<Record<LimitName, number>>; readonly source: ConfD['source'] },
): Record<LimitOption, number> {
  const options: Partial<Record<LimitOption, number>> = {};
  for (const limit of limits) {
    const flag = flags[limit.name];
    const written = toml.limits[limit.name];
    if (flag !== undefined) options[limit.option] = checked(limit, flag, `--${limit.name}`);
    else if (written !== undefined)
      options[limit.option] = checked(limit, written, toml.source('limits', limit.name));
    else options[limit.option] = limit.normal;
  }
  return options as Record<LimitOption, number>;
}

function checked(limit: Limit, value: string | number, source: string): number {
  const number = typeof value === 'number' || /^\d+$/.test(value) ? Number(value) : Number.NaN;
  const most = limit.most ?? Number.MAX_SAFE_INTEGER;
  if (Number.isInteger(number) && number >= limit.least && number <= most) return number;
  const range =
    limit.most === undefined ? `of at least ${limit.least}` : `from ${limit.least} to ${limit.most}`;
  throw new FaktoryError('CONFIG', `${source}: "${value}" cannot be used; give a whole number ${range}`);
}
