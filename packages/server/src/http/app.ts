/**
 * HTTP: `/health`, `/health/live` and `/health/ready` for whoever watches the server, `/metrics` for Prometheus, `/stats` (INFO's JSON)
 * and `/history` for people and graphs, `/api` and its WebSocket for the web UI, and the web UI itself at every other address.
 *
 * The pages of health and the web UI's files are open. The rest asks for the password when there is one, or for a token that may read it.
 * The libraries are loaded when the first server starts: the commands of the program pay nothing for them.
 */
import { Server as SecureServer } from 'node:tls';
import type { ApiError } from '@faktory-ts/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Access, Caller } from '../access/access.ts';
import { listen, WEB } from '../listening.ts';
import type { Logger } from '../log.ts';
import { networkOf } from '../network.ts';
import { httpOf, type ServerOptions } from '../options.ts';
import type { Asked } from '../stalls.ts';
import { CertificateFaults, secureContext, secureOptions, type Tls } from '../tls.ts';
import { type ApiSources, addApi } from './api.ts';
import { Bodies } from './bodies.ts';
import { HttpConnections } from './connections.ts';
import { Guard } from './guard.ts';
import { HealthPages, type HealthSources } from './health.ts';
import { Hosts } from './hosts.ts';
import { Live } from './live.ts';
import { LoginPace } from './login-pace.ts';
import { MetricsPage, type MetricsSources } from './metrics.ts';
import { addPages, prefixOf, withoutPrefix } from './pages.ts';
import { Proxies } from './proxies.ts';
import { Redaction } from './redact.ts';
import { Replies } from './replies.ts';
import { answerError } from './routes.ts';
import { Turns } from './turns.ts';
import { Watch, type WatchSources } from './watch.ts';

export interface HttpOptions {
  readonly host: string;
  readonly port: number;
  readonly access: Access;
  readonly tls: Tls | undefined;
  /** Milliseconds for a request, its head and body; also for a TLS handshake. */
  readonly patience: number;
  readonly log: Logger;
  /** Rules of argument values that are not shown; see redact.ts. */
  readonly redact: readonly string[];
  /** Who is believed about where a request comes from; see proxies.ts. */
  readonly proxies: readonly string[];
  /** The name of `host` as it was configured. */
  readonly name: string;
  /** Further names by which browsers may open it; see hosts.ts. */
  readonly hosts: readonly string[];
}

type Made =
  | 'access'
  | 'pace'
  | 'redaction'
  | 'redacted'
  | 'around'
  | 'queues'
  | 'seconds'
  | 'workers'
  | 'now';

/** What the pages tell of. */
export type HttpSources = HealthSources &
  MetricsSources &
  WatchSources &
  Omit<ApiSources, Made> & {
    readonly asked: Asked;
    /** INFO as the bytes of its JSON. */
    infoText(): Promise<Uint8Array>;
  };

const KEEPALIVE = 60_000; // ms of silence after which the system asks whether the peer is there
const MOST_HEADERS = 65_536; // bytes
const LONGEST_MAKING = 60_000; // ms in which an answer waits for its turn and is made

/** Pages that read much, or make this thread's work of much. */
const COSTLY: ReadonlySet<string> = new Set([
  'GET /metrics',
  'GET /history',
  'GET /api/history',
  'GET /api/kinds',
  'GET /api/errors',
  'GET /api/jobs',
  'GET /api/jobs/count',
  'POST /api/jobs/change',
]);

/** Nothing but this server's own files; no page of another site may frame one of ours. */
const policy = {
  useDefaults: false,
  directives: {
    'default-src': ["'none'"],
    'script-src': ["'self'"],
    'style-src': ["'self'"],
    'img-src': ["'self'", 'data:'],
    'font-src': ["'self'"],
    'connect-src': ["'self'"],
    'base-uri': ["'self'"],
    'form-action': ["'self'"],
    'frame-ancestors': ["'none'"],
  },
};

/** The options of HTTP with their defaults; undefined: none. Throws CONFIG, naming the option. */
export function checkedHttp(asked: ServerOptions['http']): ReturnType<typeof httpOf> {
  const http = httpOf(asked);
  if (http) new Redaction(http.redact);
  if (http) new Proxies(http.proxies);
  return http;
}

export class HttpApp {
  readonly #options: HttpOptions;
  readonly #sources: HttpSources;
  readonly #proxies: Proxies;
  readonly #guard: Guard;
  readonly #watch: Watch;
  readonly #live: Live;
  readonly #connections = new HttpConnections();
  readonly #turns = new Turns();
  readonly #pace = new LoginPace();
  #app: FastifyInstance | undefined;

  constructor(options: HttpOptions, sources: HttpSources) {
    this.#options = options;
    this.#sources = sources;
    this.#proxies = new Proxies(options.proxies);
    const hosts = new Hosts(options.name, options.hosts);
    this.#guard = new Guard(options.access, this.#proxies, hosts, this.#pace);
    this.#watch = new Watch(sources);
    this.#live = new Live(this.#guard, sources.jobs, this.#watch, this.#connections);
  }

  /** Listens; gives the port. Throws LISTEN when the address cannot be had. */
  async start(): Promise<number> {
    const { host, port } = this.#options;
    const app = await makeApp(this.#options, this.#proxies);
    this.#app = app;
    this.#connections.watch(app.server);
    if (this.#options.tls) new CertificateFaults(this.#options.log, 'for HTTP').watch(app.server);
    await this.#addAll(app);
    await app.ready();
    await this.#watch.start();
    await this.#live.attach(app.server);
    this.#connections.bound(app.server);
    return listen(app.server, { host, port, ...WEB });
  }

  /** New connections get this certificate. */
  renewTls(tls: Tls): void {
    const server: unknown = this.#app?.server;
    if (server instanceof SecureServer) server.setSecureContext(secureContext(tls));
  }

  /** Closes the pages of those who are no longer let in. */
  dismiss(isValid: (caller: Caller) => boolean): void {
    this.#live.dismiss(isValid);
  }

  async stop(): Promise<void> {
    this.#watch.stop();
    this.#live.stop();
    await this.#app?.close();
  }

  async #addAll(app: FastifyInstance): Promise<void> {
    const { default: helmet } = await import('@fastify/helmet');
    await app.register(helmet, {
      contentSecurityPolicy: policy,
      frameguard: { action: 'deny' },
      hsts: false, // whoever ends TLS decides how long it is to stay
      // Browsers complain of these where there is no TLS.
      crossOriginOpenerPolicy: this.#options.tls !== undefined,
      originAgentCluster: this.#options.tls !== undefined,
    });
    const replies = new Replies();
    app.addHook('onSend', async (_request, reply, payload) => replies.bound(reply, payload));
    app.addHook('onSend', async (request, reply) => {
      request.raw.socket.setTimeout(this.#options.patience); // the answer is made: who does not read it is closed
      const kept = request.url.startsWith('/assets/') && reply.statusCode < 400;
      // What the API tells may be somebody's data: no browser keeps it on its disk.
      const how = request.url.startsWith('/api/') ? 'no-store' : 'no-cache';
      if (!kept) reply.header('Cache-Control', how);
    });
    this.#countRequests(app);
    app.setErrorHandler((error, _request, reply) => answerError(error, reply, this.#options.log));
    app.decorateRequest('caller', undefined);
    app.addHook('preHandler', (request, reply) => this.#admit(request, reply));
    this.#addOldPages(app);
    const bodies = new Bodies();
    app.addHook('onRequest', async (request, reply) => bodies.watch(request.raw, reply.raw));
    await addApi(app, this.#guard, this.#live, bodies, this.#apiSources(), this.#options.log);
    await addPages(app);
  }

  #countRequests(app: FastifyInstance): void {
    const { asked } = this.#sources;
    const nameOf = ({ method, routeOptions }: FastifyRequest): string =>
      `${method} ${routeOptions.url ?? '/'}`;
    app.addHook('onRequest', async (request) => {
      const length = Number(request.headers['content-length'] ?? 0) + request.url.length;
      asked.asked(nameOf(request), length, request.ip);
    });
    app.addHook('onResponse', async (request) => asked.answered(nameOf(request)));
    app.addHook('onRequestAbort', async (request) => asked.answered(nameOf(request)));
  }

  /** Waits for the turn of the caller, whose connection is kept from now on. */
  async #admit(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
    const { caller, ip, routeOptions, raw } = request;
    raw.socket.setTimeout(LONGEST_MAKING);
    if (!caller) return undefined;
    reply.raw.once('close', this.#connections.hold(raw.socket));
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const costly = COSTLY.has(`${request.method} ${routeOptions.url}`);
    const end = await this.#turns.take(`${networkOf(ip)} ${caller.who}`, costly, gone.signal);
    if (end === undefined || reply.raw.closed) {
      end?.();
      return reply.hijack(); // nobody is there to read an answer
    }
    reply.raw.once('close', end);
    return undefined;
  }

  #addOldPages(app: FastifyInstance): void {
    const health = new HealthPages(this.#sources);
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', (_request, body, done) => {
      body.once('end', () => done(null)).resume(); // these pages read none
    });
    // POST too, as in Faktory.
    app.route({ method: ['GET', 'POST'], url: '/health', handler: (_request, reply) => health.whole(reply) });
    app.get('/health/live', () => health.live());
    app.get('/health/ready', (_request, reply) => health.ready(reply));
    const guard = { onRequest: this.#guard.page };
    app.route({
      method: ['GET', 'POST'],
      url: '/stats',
      ...guard,
      handler: (_request, reply) => this.#stats(reply),
    });
    const metrics = new MetricsPage(this.#sources);
    app.get('/metrics', guard, async (_request, reply) => {
      const { type, text } = await metrics.read();
      return reply.type(type).send(text);
    });
    app.get('/history', guard, (request) => this.#sources.jobs.history.days(daysOf(request)));
  }

  async #stats(reply: FastifyReply): Promise<FastifyReply> {
    const text = await this.#sources.infoText();
    return reply.type('application/json; charset=utf-8').send(text);
  }

  #apiSources(): ApiSources {
    const redaction = new Redaction(this.#options.redact);
    const watch = this.#watch;
    return {
      ...this.#sources,
      access: this.#options.access,
      pace: this.#pace,
      redaction,
      redacted: redaction.active,
      around: (found, signal) => watch.around(found, signal),
      queues: () => watch.queues(),
      seconds: () => watch.seconds(),
      workers: () => watch.workersAndOthers(),
      now: () => this.#sources.jobs.engine.clock(),
    };
  }
}

/** Who is slow or silent is closed: the time of a request counts from its first byte and is looked at ten times. */
async function makeApp({ tls, patience }: HttpOptions, proxies: Proxies): Promise<FastifyInstance> {
  const { default: fastify } = await import('fastify');
  const timeouts = {
    connectionsCheckingInterval: patience / 10,
    headersTimeout: patience,
    requestTimeout: patience,
    maxHeaderSize: MOST_HEADERS,
    keepAlive: true,
    keepAliveInitialDelay: KEEPALIVE,
  };
  const options = {
    forceCloseConnections: true,
    trustProxy: proxies.trusts,
    connectionTimeout: patience,
    requestTimeout: patience,
    routerOptions: { maxParamLength: 9000 }, // a jid of a thousand characters, percent-encoded
    frameworkErrors: answerUnread,
    ajv: { customOptions: { removeAdditional: false, coerceTypes: 'array' } } as const,
    rewriteUrl: (request: { url?: string | undefined; headers: FastifyRequest['headers'] }) =>
      withoutPrefix(request.url ?? '/', prefixOf(request)),
  };
  const app =
    tls === undefined
      ? fastify({ ...options, http: timeouts })
      : fastify({ ...options, https: { ...timeouts, ...secureOptions(tls), handshakeTimeout: patience } });
  return app as unknown as FastifyInstance; // the two differ in the type of their server only
}

/** An address that makes no sense is answered before any hook is asked. */
function answerUnread(error: Error, _request: unknown, reply: unknown): void {
  const answer = { code: 'MALFORMED', error: error.message } satisfies ApiError;
  (reply as FastifyReply).code(400).header('X-Content-Type-Options', 'nosniff').send(answer);
}

function daysOf(request: FastifyRequest): number {
  const asked = Number((request.query as { days?: string }).days ?? 30);
  return Number.isInteger(asked) && asked >= 1 ? Math.min(asked, 180) : 30;
}
