/**
 * The whole server: the only file that names concrete classes, and the order of start and stop.
 *
 * Start opens what others stand on first: engine, rules, tasks, HTTP, and the command port last, so that nobody is
 * served by half a server. Stop goes the other way: no new commands, parked fetches wake with nothing, what runs is
 * finished and committed, then the store closes.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Info, Micros } from '@faktory-ts/protocol';
import { addressOf } from './address.ts';
import { madeAt } from './engine/sqlite/backup-folder.ts';
import { SqliteEngine } from './engine/sqlite/sqlite-engine.ts';
import { HttpApp } from './http/app.ts';
import { makeInfo } from './info.ts';
import { Jobs, type TimedPlace } from './jobs/jobs.ts';
import { type ServerOptions, type Settings, settle } from './options.ts';
import { BackupTask } from './tasks/backup-task.ts';
import { DiskWatch } from './tasks/disk-watch.ts';
import { Runner } from './tasks/runner.ts';
import { StatsdTask } from './tasks/statsd.ts';
import { Listener } from './wire/listener.ts';
import { Roster } from './workers/roster.ts';

const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

/** A server that was made by `createServer`. */
export interface Server {
  /** The command port; known once started. */
  readonly port: number;
  /** The HTTP port; undefined when HTTP is off. */
  readonly httpPort: number | undefined;
  /** Where clients connect, with the password when there is one. Known once started. */
  readonly url: string;
  /** The data folder. */
  readonly dir: string;
  /**
   * Opens the data folder and listens. Rejects with a FaktoryError: LOCKED when another process holds the folder,
   * STORAGE when it cannot be used, LISTEN when an address cannot be had.
   */
  start(): Promise<void>;
  /** Finishes what runs, commits and closes. Safe to call twice. */
  stop(): Promise<void>;
  /** What INFO answers. */
  info(): Promise<Info>;
  /** When the earliest entry of a place is due, in microseconds since 1970; undefined = the place is empty. */
  nextDue(place: TimedPlace): Promise<Micros | undefined>;
}

/**
 * Makes a job server. Throws CONFIG for an option that makes no sense.
 *
 * @example
 * ```ts
 * import { createServer } from '@faktory-ts/server';
 *
 * const server = createServer({ dir: './data', port: 7419 });
 * await server.start();
 * console.log(`listening at ${server.url}`);
 * await server.stop();
 * ```
 */
export function createServer(options: ServerOptions = {}): Server {
  return new FaktoryServer(settle(options));
}

interface Rooms {
  readonly engine: SqliteEngine;
  readonly jobs: Jobs;
  readonly runner: Runner;
  readonly listener: Listener;
  readonly http: HttpApp | undefined;
  readonly backups: BackupTask | undefined;
  readonly disk: DiskWatch;
  readonly statsd: StatsdTask | undefined;
  readonly info: () => Promise<Info>;
}

class FaktoryServer implements Server {
  readonly dir: string;
  readonly #settings: Settings;
  #rooms: Rooms | undefined;
  #port = 0;
  #httpPort: number | undefined;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.dir = settings.dir ?? mkdtempSync(join(tmpdir(), 'faktory-'));
  }

  get port(): number {
    return this.#port;
  }

  get httpPort(): number | undefined {
    return this.#httpPort;
  }

  get url(): string {
    const { host, password } = this.#settings;
    const name = host === '' || host === '0.0.0.0' || host === '::' ? 'localhost' : host;
    const secret = password === undefined ? '' : `:${encodeURIComponent(password)}@`;
    return `tcp://${secret}${name.includes(':') ? `[${name}]` : name}:${this.#port}`;
  }

  async start(): Promise<void> {
    if (this.#rooms) return;
    const { sync, deadLimit, maxQueueLength, workerTimeout, clock, host, http } = this.#settings;
    const hosts = { wire: await addressOf(host), http: http && (await addressOf(http.host)) };
    const leaseSpan = workerTimeout * 1000;
    const engine = new SqliteEngine({ dir: this.dir, sync, deadLimit, maxQueueLength, leaseSpan, clock });
    await engine.open();
    const rooms = this.#build(engine, hosts);
    this.#rooms = rooms;
    try {
      await rooms.runner.start();
      await rooms.disk.start();
      await rooms.backups?.start();
      this.#httpPort = await rooms.http?.start();
      this.#port = await rooms.listener.start();
      rooms.statsd?.start();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  #build(engine: SqliteEngine, hosts: { wire: string; http: string | undefined }): Rooms {
    const settings = this.#settings;
    const jobs = new Jobs(engine, settings.maxWorkerLosses);
    const roster = new Roster(settings.clock);
    const runner = new Runner(jobs, roster, settings.log);
    const info = (): Promise<Info> =>
      makeInfo({ settings, jobs, roster, runner, listener, startedAt, version });
    const { maxBulkJobs, extensions, workerTimeout, log } = settings;
    const plan = settings.backups;
    const backups = plan && new BackupTask(jobs, plan, log, ({ id }) => madeAt(id));
    const disk = new DiskWatch(jobs, this.dir, settings.diskReserve, log);
    const statsd = settings.statsd && new StatsdTask(jobs, info, settings.statsd);
    const keepBackups = plan?.keep ?? 24;
    const desk = { jobs, roster, maxBulkJobs, extensions, workerTimeout, keepBackups, info };
    const listener = new Listener({ ...settings, host: hosts.wire }, desk);
    const startedAt = performance.now();
    const password = settings.webPassword;
    const sources = {
      jobs,
      info,
      workers: () => roster.workers(),
      backups: () => backups?.state,
      disk: () => disk.state,
      stopping: () => listener.stopping,
    };
    const http =
      settings.http && new HttpApp({ host: hosts.http ?? '', port: settings.http.port, password }, sources);
    return { engine, jobs, runner, listener, http, backups, disk, statsd, info };
  }

  async stop(): Promise<void> {
    const rooms = this.#rooms;
    this.#rooms = undefined;
    if (rooms) {
      rooms.listener.refuse();
      rooms.jobs.close();
      rooms.backups?.stop();
      rooms.disk.stop();
      await Promise.all([rooms.listener.stop(), rooms.runner.stop(), rooms.http?.stop()]);
      await rooms.statsd?.stop();
      await rooms.engine.close();
    }
    if (this.#settings.dir === undefined) rmSync(this.dir, { recursive: true, force: true });
  }

  info(): Promise<Info> {
    if (!this.#rooms) return Promise.reject(new Error('the server is not started'));
    return this.#rooms.info();
  }

  nextDue(place: TimedPlace): Promise<Micros | undefined> {
    if (!this.#rooms) return Promise.reject(new Error('the server is not started'));
    return this.#rooms.jobs.nextDue(place);
  }
}
