/**
 * HTTP: `/health`, `/health/live` and `/health/ready` for whoever watches the server, `/metrics` for Prometheus, `/stats` (INFO's JSON)
 * and `/history` for people and graphs.
 *
 * The pages of health are open. The rest asks for the password when there is one (Basic authentication, any user name), or for a token
 * that may read it.
 */
import { Server as SecureServer } from 'node:tls';
import { FaktoryError } from '@faktory-ts/protocol';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { type Access, permit } from '../access/access.ts';
import { listen } from '../listening.ts';
import { secureContext, secureOptions, type Tls } from '../tls.ts';
import { HealthPages, type HealthSources } from './health.ts';
import { MetricsPage, type MetricsSources } from './metrics.ts';

export interface HttpOptions {
  readonly host: string;
  readonly port: number;
  readonly access: Access;
  readonly tls: Tls | undefined;
  /** Milliseconds for a request, its head and body; also for a TLS handshake. */
  readonly patience: number;
}

/** What the pages tell of. */
export type HttpSources = HealthSources & MetricsSources;

const MOST_CONNECTIONS = 1000;

export class HttpApp {
  readonly #app: FastifyInstance;
  readonly #options: HttpOptions;

  constructor(options: HttpOptions, sources: HttpSources) {
    const { jobs, info } = sources;
    this.#options = options;
    this.#app = makeApp(options);
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

  /** New connections get this certificate. */
  renewTls(tls: Tls): void {
    const { server }: { server: unknown } = this.#app;
    if (server instanceof SecureServer) server.setSecureContext(secureContext(tls));
  }

  stop(): Promise<void> {
    return this.#app.close();
  }

  /** Lets the request on, or answers it with 401, 403 or 429. */
  async #guard(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
    const { authorization } = request.headers;
    try {
      const client = { address: request.ip, gone: () => request.socket.destroyed };
      const { limits } = await this.#options.access.admitHttp(authorization, client);
      if (limits) permit(limits, `GET ${request.routeOptions.url}`);
      return undefined;
    } catch (error) {
      if (!(error instanceof FaktoryError)) throw error;
      if (error.code === 'FORBIDDEN') return reply.code(403).send(error.message);
      if (error.code === 'LIMIT') return reply.code(429).header('Retry-After', '2').send(error.message);
      return reply.code(401).header('WWW-Authenticate', 'Basic realm="Faktory"').send(error.message);
    }
  }
}

/** Who is slow or silent is closed: the time of a request counts from its first byte and is looked at ten times. */
function makeApp({ tls, patience }: HttpOptions): FastifyInstance {
  const timeouts = {
    connectionsCheckingInterval: patience / 10,
    headersTimeout: patience,
    requestTimeout: patience,
  };
  const options = { forceCloseConnections: true, connectionTimeout: patience, requestTimeout: patience };
  const app =
    tls === undefined
      ? fastify({ ...options, http: timeouts })
      : fastify({ ...options, https: { ...timeouts, ...secureOptions(tls), handshakeTimeout: patience } });
  app.server.maxConnections = MOST_CONNECTIONS;
  return app as unknown as FastifyInstance; // the two differ in the type of their server only
}

function daysOf(request: FastifyRequest): number {
  const asked = Number((request.query as { days?: string }).days ?? 30);
  return Number.isInteger(asked) && asked >= 1 ? Math.min(asked, 180) : 30;
}
