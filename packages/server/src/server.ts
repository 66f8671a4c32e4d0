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
import { FaktoryError, type Info, type Micros } from '@faktory-ts/protocol';
import { Access, Rights } from './access/access.ts';
import { addressOf, boundHost, wireAddress } from './address.ts';
import { checkOptions } from './check-options.ts';
import { Clocks } from './clocks.ts';
import type { Backend } from './engine/engine.ts';
import { openBackend } from './engine/open-backend.ts';
import { features } from './features/features.ts';
import { checkedHttp, HttpApp, type HttpOptions } from './http/app.ts';
import { figuresOf } from './info.ts';
import type { Feature } from './jobs/feature.ts';
import { Jobs, type TimedPlace } from './jobs/jobs.ts';
import { checkAddresses } from './listening.ts';
import { mustAsk, refuseOpen } from './openness.ts';
import { KEPT_BACKUPS, type ServerOptions, type Settings, secretsOf, shownSettings } from './options.ts';
import type { Reloadable, Server } from './server-type.ts';
import { Stalls } from './stalls.ts';
import { BackupTask } from './tasks/backup-task.ts';
import { CertificateWatch } from './tasks/certificate-watch.ts';
import { DescriptorWatch } from './tasks/descriptor-watch.ts';
import { DiskWatch } from './tasks/disk-watch.ts';
import { FileWatch } from './tasks/file-watch.ts';
import { Runner } from './tasks/runner.ts';
import { ShrinkTask } from './tasks/shrink-task.ts';
import { StatsdTask } from './tasks/statsd.ts';
import { StorageWatch } from './tasks/storage-watch.ts';
import { checkTls } from './tls.ts';
import { Listener, type Verbs, verbsOf } from './wire/listener.ts';
import { Roster } from './workers/roster.ts';

const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

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
  return new FaktoryServer(checkOptions(options));
}

interface Rooms {
  readonly backend: Backend;
  readonly jobs: Jobs;
  readonly runner: Runner;
  readonly listener: Listener;
  http: HttpApp | undefined;
  readonly makeHttp: (at: HttpOptions) => HttpApp;
  readonly backups: BackupTask | undefined;
  readonly disk: DiskWatch;
  readonly shrink: ShrinkTask;
  readonly looks: readonly (DescriptorWatch | FileWatch | CertificateWatch)[];
  readonly certificate: CertificateWatch;
  readonly stalls: Stalls;
  readonly statsd: StatsdTask | undefined;
  readonly info: () => Promise<Info>;
}

export class FaktoryServer implements Server {
  readonly dir: string;
  readonly #access: Access;
  readonly #clocks: Clocks;
  readonly #features: readonly Feature[];
  readonly #verbs: Verbs;
  #settings: Settings;
  #rooms: Rooms | undefined;
  #port = 0;
  #httpPort: number | undefined;

  constructor(settings: Settings, chosen: readonly Feature[] = features) {
    const rights = new Rights(chosen);
    this.#verbs = verbsOf(chosen, rights);
    this.#settings = settings;
    this.#features = chosen;
    this.dir = settings.dir ?? mkdtempSync(join(tmpdir(), 'faktory-'));
    const { log } = settings;
    this.#clocks = new Clocks(settings.clock, settings.steady);
    this.#clocks.onStep((by) => {
      this.#rooms?.runner.clockSet(by);
    });
    this.#access = new Access(settings.secrets, { rights, dir: this.dir, log, clock: this.#clocks.now });
  }

  get port(): number {
    return this.#port;
  }

  get httpPort(): number | undefined {
    return this.#httpPort;
  }

  get url(): string {
    const { host, secrets, tls } = this.#settings;
    const [password] = secrets.passwords;
    const { host: name = 'localhost' } = boundHost(host);
    const secret = password === undefined ? '' : `:${encodeURIComponent(password)}@`;
    return `${tls ? 'tcp+tls' : 'tcp'}://${secret}${name.includes(':') ? `[${name}]` : name}:${this.#port}`;
  }

  async start(): Promise<void> {
    if (this.#rooms) return;
    const { sync, deadLimit, maxQueueLength, maxQueues, workerTimeout, log } = this.#settings;
    const { now: clock, steady } = this.#clocks;
    const host = await addressOf(this.#settings.host);
    const leaseSpan = workerTimeout * 1000;
    const backend = openBackend({
      dir: this.dir,
      sync,
      deadLimit,
      maxQueueLength,
      maxQueues,
      leaseSpan,
      clock,
      steady,
      log,
    });
    await backend.engine.open();
    const rooms = this.#build(backend, host);
    this.#rooms = rooms;
    try {
      this.#access.open(backend.engine, (isValid) => {
        rooms.listener.dismiss(isValid);
        rooms.http?.dismiss(isValid);
      });
      await this.#ask(this.#settings);
      await rooms.runner.start();
      await rooms.disk.start();
      rooms.shrink.start();
      await rooms.backups?.start();
      await this.#startHttp(rooms);
      this.#port = await rooms.listener.start();
      rooms.statsd?.start();
      rooms.stalls.start();
      for (const look of rooms.looks) await look.start();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  readonly checkAddresses = (except: readonly number[] = []) => checkAddresses(this.#settings, except);

  #build(backend: Backend, host: string): Rooms {
    const settings = this.#settings;
    const jobs = new Jobs(backend, settings.maxWorkerLosses, settings.attempts, this.#features, settings.log);
    const roster = new Roster(this.#clocks.now, this.#clocks.steady);
    const tasks = this.#features.flatMap((feature) => feature.tasks ?? []);
    const runner = new Runner(jobs, roster, { ...settings, tasks, steady: this.#clocks.steady });
    const startedAt = performance.now();
    const figures = figuresOf(() => ({ settings, jobs, roster, runner, listener, startedAt, version }));
    const { info, infoText } = figures;
    const { maxBulkJobs, extensions, workerTimeout, log } = settings;
    const plan = settings.backups;
    const backups =
      plan && new BackupTask(jobs, plan, log, ({ id }) => jobs.archive.madeAt(id), this.#clocks.steady);
    const disk = new DiskWatch(jobs, settings.diskReserve, log);
    const shrink = new ShrinkTask(jobs, () => disk.tight);
    const descriptors = new DescriptorWatch(log);
    const certificate = new CertificateWatch(log, settings.clock);
    certificate.use(settings.tls);
    new StorageWatch(jobs.engine.figures.storageErrors, log);
    const statsd = settings.statsd && new StatsdTask(jobs, info, settings.statsd, log);
    const keepBackups = plan?.keep ?? KEPT_BACKUPS;
    const desk = {
      jobs,
      roster,
      maxBulkJobs,
      extensions,
      features: this.#features.map(({ name }) => name),
      workerTimeout,
      keepBackups,
      access: this.#access,
      dir: this.dir,
      log,
      infoText,
    };
    const stalls = new Stalls(log);
    const hosting = { access: this.#access, verbs: this.#verbs, host, asked: stalls };
    const listener = new Listener({ ...settings, ...hosting }, desk);
    const sources = {
      features: this.#features,
      jobs,
      roster,
      ...figures,
      version,
      startedAt,
      deadLimit: settings.deadLimit,
      dir: this.dir,
      sync: settings.sync,
      maxLineBytes: settings.maxLineBytes,
      keepBackups,
      backupEvery: plan?.every,
      settings: shownSettings(settings),
      connections: () => listener.connections,
      clients: () => listener.clients(),
      workers: () => roster.workers(),
      backups: () => backups?.state,
      disk: () => disk.state,
      descriptors,
      certificate,
      stopping: () => listener.stopping,
      asked: stalls,
      wire: () => wireAddress(this.#settings, this.#port),
    };
    const makeHttp = (at: HttpOptions): HttpApp => new HttpApp(at, sources);
    const looks = [descriptors, new FileWatch(jobs), certificate];
    const watches = { backups, disk, shrink, looks, certificate, stalls, statsd };
    return { backend, jobs, runner, listener, http: undefined, makeHttp, ...watches, info };
  }

  async #startHttp(rooms: Rooms): Promise<void> {
    const { http, tls, handshakeTimeout, log } = this.#settings;
    if (!http) return;
    const patience = 5 * handshakeTimeout;
    const at = { ...http, name: http.host, host: await addressOf(http.host) };
    rooms.http = rooms.makeHttp({ ...at, tls, patience, access: this.#access, log });
    this.#httpPort = await rooms.http.start();
  }

  /** Throws CONFIG where other machines would come in unasked. */
  async #ask(settings: Settings): Promise<void> {
    const must = await mustAsk(settings);
    refuseOpen(must, this.#access.has(settings.secrets), settings);
    this.#access.mustAsk(must);
  }

  async reload(changes: Reloadable): Promise<void> {
    const before = this.#settings;
    const after = { ...before, ...changes };
    const tls = checkTls(after.tls);
    if (!tls !== !before.tls || !tls?.clientCa !== !before.tls?.clientCa) {
      const text = 'whether there is TLS, and whether clients need certificates, changes with a restart only';
      throw new FaktoryError('CONFIG', `tls: ${text}`);
    }
    const secrets = secretsOf(after);
    const settings = { ...after, tls, secrets, http: checkedHttp(after.http) };
    this.#access.reread();
    if (this.#rooms) await this.#ask(settings);
    this.#settings = settings;
    const moved = JSON.stringify(this.#settings.http) !== JSON.stringify(before.http);
    if (this.#rooms && moved) await this.#moveHttp(this.#rooms, before);
    this.#access.replace(secrets);
    this.#access.audit.write({ who: 'server', from: 'here', did: 'reload', what: '', ok: true });
    if (tls) this.#rooms?.listener.renewTls(tls);
    if (tls) this.#rooms?.http?.renewTls(tls);
    this.#rooms?.certificate.use(tls);
  }

  /** The old one ends first: the new address may be the same port. */
  async #moveHttp(rooms: Rooms, before: Settings): Promise<void> {
    const stop = async (): Promise<void> => {
      await rooms.http?.stop();
      rooms.http = undefined;
      this.#httpPort = undefined;
    };
    await stop();
    try {
      await this.#startHttp(rooms);
    } catch (error) {
      await stop();
      this.#settings = before;
      await this.#startHttp(rooms);
      throw error;
    }
  }

  async stop(): Promise<void> {
    const rooms = this.#rooms;
    this.#rooms = undefined;
    if (rooms) {
      rooms.listener.refuse();
      rooms.jobs.close();
      rooms.backups?.stop();
      rooms.disk.stop();
      for (const look of rooms.looks) look.stop();
      rooms.stalls.stop();
      await Promise.all([
        rooms.listener.stop(),
        rooms.runner.stop(),
        rooms.shrink.stop(),
        rooms.http?.stop(),
      ]);
      await rooms.statsd?.stop();
      await rooms.backend.engine.close();
    }
    await this.#access.close();
    if (this.#settings.dir === undefined) rmSync(this.dir, { recursive: true, force: true });
  }

  info(): Promise<Info> {
    if (!this.#rooms) return Promise.reject(new Error('the server is not started'));
    return this.#rooms.info();
  }

  nextDue(place: TimedPlace): Promise<Micros | undefined> {
    if (!this.#rooms) return Promise.reject(new Error('the server is not started'));
    return this.#rooms.jobs.engine.nextDue(place);
  }
}
