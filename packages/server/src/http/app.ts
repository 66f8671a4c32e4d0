/**
 * HTTP: `/health`, `/health/live` and `/health/ready` for whoever watches the server, `/metrics` for Prometheus, `/stats` (INFO's JSON)
 * and `/history` for people and graphs.
 *
 * The pages of health are open. The rest asks for the password when there is one (Basic authentication, any user name).
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { listen } from '../listening.ts';
import { HealthPages, type HealthSources } from './health.ts';
import { MetricsPage, type MetricsSources } from './metrics.ts';

export interface HttpOptions {
  readonly host: string;
  readonly port: number;
  readonly password: string | undefined;
}

/** What the pages tell of. */
export type HttpSources = HealthSources & MetricsSources;

export class HttpApp {
  readonly #app: FastifyInstance;
  readonly #options: HttpOptions;

  constructor(options: HttpOptions, sources: HttpSources) {
    const { jobs, info } = sources;
    this.#options = options;
    this.#app = fastify({ forceCloseConnections: true, connectionTimeout: 10_000, requestTimeout: 10_000 });
    this.#app.addHook('onSend', async (_request, reply) => void reply.header('Cache-Control', 'no-cache'));
    const health = new HealthPages(sources);
    this.#app.get('/health', (_request, reply) => health.whole(reply));
    this.#app.get('/health/live', () => health.live());
    this.#app.get('/health/ready', (_request, reply) => health.ready(reply));
    const guard = {
      onRequest: async (request: FastifyRequest, reply: FastifyReply) => this.#guard(request, reply),
    };
    this.#app.get('/stats', guard, () => info());
    const metrics = new MetricsPage(sources);
    this.#app.get('/metrics', guard, async (_request, reply) => {
      const { type, text } = await metrics.read();
      return reply.type(type).send(text);
    });
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
