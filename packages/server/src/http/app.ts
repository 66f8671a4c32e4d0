/**
 * HTTP: `/health` for whoever watches the server, `/stats` (INFO's JSON) and `/history` for people and graphs.
 *
 * `/health` is open and proves that a write reaches the disk, at most once a second however often it is asked.
 * The rest asks for the password when there is one (Basic authentication, any user name).
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { formatTime, type Health, type Info, type Micros } from '@faktory-ts/protocol';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Jobs } from '../jobs/jobs.ts';
import { listen } from '../listening.ts';

export interface HttpOptions {
  readonly host: string;
  readonly port: number;
  readonly password: string | undefined;
}

/** What came of the backups; undefined where none are made. */
type Backups = () =>
  | { readonly newest: Micros | undefined; readonly failure: string | undefined }
  | undefined;

const PROBE_LASTS = 1000; // ms
const PROBE_PATIENCE = 5000; // ms

export class HttpApp {
  readonly #app: FastifyInstance;
  readonly #options: HttpOptions;

  constructor(options: HttpOptions, jobs: Jobs, info: () => Promise<Info>, backups: Backups) {
    this.#options = options;
    this.#app = fastify({ forceCloseConnections: true, connectionTimeout: 10_000, requestTimeout: 10_000 });
    this.#app.addHook('onSend', async (_request, reply) => void reply.header('Cache-Control', 'no-cache'));
    const health = new HealthPage(jobs, info, backups);
    this.#app.get('/health', (_request, reply) => health.answer(reply));
    const guard = {
      onRequest: async (request: FastifyRequest, reply: FastifyReply) => this.#guard(request, reply),
    };
    this.#app.get('/stats', guard, () => info());
    this.#app.get('/history', guard, (request) => jobs.history(daysOf(request)));
  }

  /** Listens; gives the port. Throws LISTEN when the address cannot be had. */
  async start(): Promise<number> {
    const { host, port } = this.#options;
    await this.#app.ready();
    return listen(this.#app.server, { host, port, purpose: ' for HTTP', flag: '-w' });
  }

  stop(): Promise<void> {
    return this.#app.close();
  }

  #guard(request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined {
    const { password } = this.#options;
    if (password === undefined) return undefined;
    const given = /^Basic (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const said = given && Buffer.from(given, 'base64').toString('utf8');
    if (said && sameSecret(said.slice(said.indexOf(':') + 1), password)) return undefined;
    const text = given ? 'Authorization failed' : 'Authorization required';
    return reply.code(401).header('WWW-Authenticate', 'Basic realm="Faktory"').send(text);
  }
}

// Equal lengths are needed for a constant-time compare, and the length itself is a secret: so digests are compared.
function sameSecret(given: string, secret: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(secret));
}

function daysOf(request: FastifyRequest): number {
  const asked = Number((request.query as { days?: string }).days ?? 30);
  return Number.isInteger(asked) && asked >= 1 ? Math.min(asked, 180) : 30;
}

class HealthPage {
  readonly #jobs: Jobs;
  readonly #info: () => Promise<Info>;
  readonly #backups: Backups;
  #probedAt = Number.NEGATIVE_INFINITY;
  #probe: Promise<string | undefined> = Promise.resolve(undefined);

  constructor(jobs: Jobs, info: () => Promise<Info>, backups: Backups) {
    this.#jobs = jobs;
    this.#info = info;
    this.#backups = backups;
  }

  async answer(reply: FastifyReply): Promise<unknown> {
    const reason = await this.#check();
    if (reason !== undefined)
      return reply.code(503).send({ now: formatTime(this.#jobs.now()), error: reason });
    const { now, server } = await this.#info();
    const { command_count, connections, description, faktory_version, name, version } = server;
    const backups = this.#backupHealth();
    return {
      now,
      server: { command_count, connections, description, faktory_version, name, version },
      ...(backups && { backups }),
    };
  }

  /** Anybody may read it: why a backup failed, with its paths, is in the log. */
  #backupHealth(): Health['backups'] {
    const state = this.#backups();
    if (!state) return undefined;
    const newest = state.newest === undefined ? undefined : formatTime(state.newest);
    return { newest, failed: state.failure !== undefined };
  }

  /** Why the store cannot write; undefined when it can. */
  #check(): Promise<string | undefined> {
    if (performance.now() - this.#probedAt > PROBE_LASTS) {
      this.#probedAt = performance.now();
      this.#probe = Promise.race([this.#write(), tooLong()]);
    }
    return this.#probe;
  }

  async #write(): Promise<string | undefined> {
    try {
      await this.#jobs.probe();
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}

function tooLong(): Promise<string> {
  const text = `no write reached the disk within ${PROBE_PATIENCE / 1000} s`;
  return new Promise((resolve) => setTimeout(resolve, PROBE_PATIENCE, text).unref());
}
