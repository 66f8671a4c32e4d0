/**
 * Decides who may use a route: first the origin of a request that changes something, then the
 * password, token or session (without a password: the host name), then the right.
 *
 * Cross-origin protection is that of Faktory's web interface (spec 5.7): it uses the headers that
 * browsers send about a request, and lets programs pass, which send none.
 * Note: the opening of a WebSocket is checked too, although it is a GET, because a page of another
 * site can open one and the browser sends the session's cookie with it.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { FaktoryError } from '@faktory-ts/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Access, type Caller, summary } from '../access/access.ts';
import { networkOf } from '../network.ts';
import type { Hosts } from './hosts.ts';
import type { LoginPace } from './login-pace.ts';
import { prefixOf } from './pages.ts';
import type { Proxies } from './proxies.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; known once the guard has let the request on. */
    caller: Caller | undefined;
    /** Whether the caller came with the cookie of a session. */
    loggedIn: boolean;
    /** What is to be told in the audit log. */
    deed: string | undefined;
    /** Aborted when the answer is sent, or nobody is there any more to read it. */
    gone: AbortSignal;
  }
}

/** The cookie of a session, with the port behind it where the address has one. */
export const COOKIE = 'faktory_session';
const NOBODY = 'nobody'; // in the audit log, where it is not known who asks
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/** The status of each error's answer; all others are 500. */
const statuses: Readonly<Record<string, number>> = {
  AUTH: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  NOTUNIQUE: 409,
  LIMIT: 429,
  MALFORMED: 400,
  INVALID: 400,
  CONFIG: 400,
  STORAGE: 503,
  SHUTDOWN: 503,
  ABORTED: 499,
};

export class Guard {
  readonly #access: Access;
  readonly #proxies: Proxies;
  readonly #hosts: Hosts;
  readonly #pace: LoginPace;

  constructor(access: Access, proxies: Proxies, hosts: Hosts, pace: LoginPace) {
    this.#access = access;
    this.#proxies = proxies;
    this.#hosts = hosts;
    this.#pace = pace;
  }

  /** Before a page of the web UI's API: throws what is answered. */
  readonly api = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    if (!SAFE.has(request.method)) refuseOthers(request.headers);
    const { caller, fresh, number } = await this.#caller(request, true);
    if (fresh !== undefined) setCookie(request, reply, fresh);
    request.caller = caller;
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    request.gone = gone.signal;
    request.loggedIn = number !== undefined;
    const key = keyOf(request);
    if (caller.limits) this.#access.rights.permit(caller.limits, key);
    if (this.#access.rights.isAudited(key)) request.deed = key;
  };

  /**
   * As an answer leaves: what changed something, and what the rights refuse, goes into the audit log, as it does when it comes by the wire;
   * also when nobody is there any more to hear how it ended.
   */
  readonly answered = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    if (request.deed === undefined && reply.statusCode !== statuses.FORBIDDEN) return;
    const { body, params, ip: from, deed: did = keyOf(request) } = request;
    const said = typeof body === 'object' ? body : {}; // a pushed job is text
    const what = summary(JSON.stringify({ ...said, ...namesIn(params) }));
    const who = request.caller?.who ?? NOBODY;
    this.#access.audit.write({ who, from, did, what, ok: reply.statusCode < 400 });
  };

  /** Before the old pages: lets the request on, or answers it as Faktory does, in plain text with a challenge. */
  readonly page = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    try {
      const { caller } = await this.#caller(request, false);
      request.caller = caller;
      if (caller.limits) this.#access.rights.permit(caller.limits, `GET ${request.routeOptions.url}`);
      return undefined;
    } catch (error) {
      if (!(error instanceof FaktoryError)) throw error;
      this.#noteRefusal(error, request.ip, keyOf(request), request.caller);
      if (error.code === 'AUTH') reply.header('WWW-Authenticate', 'Basic realm="Faktory"');
      if (error.code === 'LIMIT') reply.header('Retry-After', '2');
      return reply.code(statusOf(error)).send(error.message);
    }
  };

  /** Before a WebSocket is opened: who it is, and whether that still holds, to be asked again and again. */
  async socket(
    request: IncomingMessage,
    key: string,
  ): Promise<{ readonly caller: Caller; readonly network: string; readonly holds: () => Promise<boolean> }> {
    const forwarded = request.headers['x-forwarded-for'];
    const address = this.#proxies.from(request.socket.remoteAddress ?? '', forwarded);
    let known: Caller | undefined;
    try {
      refuseOthers(request.headers);
      const { caller, number } = await this.#look(request.headers, address, request.socket);
      known = caller;
      if (caller.limits) this.#access.rights.permit(caller.limits, key);
      const holds = async (): Promise<boolean> =>
        number === undefined || (await this.#access.session(number)) !== undefined;
      return { caller, network: networkOf(address), holds };
    } catch (error) {
      this.#noteRefusal(error, address, key, known);
      throw error;
    }
  }

  #noteRefusal(error: unknown, from: string, did: string, caller: Caller | undefined): void {
    if (!(error instanceof FaktoryError) || error.code !== 'FORBIDDEN') return;
    this.#access.audit.write({ who: caller?.who ?? NOBODY, from, did, what: '', ok: false });
  }

  #caller(request: FastifyRequest, renew: boolean) {
    return this.#look(request.headers, request.ip, request.socket, renew);
  }

  /** `number`: of the session that the caller came with. */
  async #look(
    headers: IncomingMessage['headers'],
    address: string,
    socket: Socket,
    renew = false,
  ): Promise<{ caller: Caller; number?: string; fresh?: string | undefined }> {
    if (!this.#access.asksHttp) this.#hosts.check(headers.host);
    // Before the header: a browser that was once asked for it by /stats sends it with everything, also when it has become wrong.
    const number = this.#access.asksHttp ? numberIn(headers) : undefined;
    const session = number === undefined ? undefined : await this.#access.session(number, { renew });
    if (session) return session;
    const gone = (): boolean => socket.destroyed;
    try {
      return { caller: await this.#access.admitHttp(headers.authorization, { address, gone }) };
    } catch (error) {
      const isWrong = headers.authorization !== undefined && error instanceof FaktoryError;
      if (isWrong && error.code === 'AUTH') await this.#pace.wait(address, undefined, socket);
      throw error;
    }
  }
}

/** The line of the table of rights for a request. */
function keyOf({ method, routeOptions }: FastifyRequest): string {
  return `${method === 'HEAD' ? 'GET' : method} ${routeOptions.url}`;
}

/** The audit log knows queues by this name. */
function namesIn(params: unknown): { queue?: string } {
  const { name } = (params ?? {}) as { name?: string };
  return name === undefined ? {} : { queue: name };
}

/** Throws FORBIDDEN when a browser says that another site's page made the request. */
export function refuseOthers({ host, origin, ...headers }: IncomingMessage['headers']): void {
  const site = headers['sec-fetch-site'];
  if (typeof site === 'string') {
    if (site === 'same-origin' || site === 'none') return;
  } else if (origin === undefined || (host !== undefined && hostOf(origin) === host)) return;
  const advice = 'behind a proxy, let it pass the Host header on';
  throw new FaktoryError('FORBIDDEN', `the request comes from a page of another origin; ${advice}`);
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

/** The status that an error is answered with. */
export function statusOf(error: FaktoryError): number {
  return statuses[error.code] ?? 500;
}

/** Browsers do not tell the ports of a host apart: servers side by side, or behind forwarded ports, would log each other's users out. */
function cookieName(host: string | undefined): string {
  const port = /:(\d{1,5})$/.exec(host ?? '')?.[1];
  return port === undefined ? COOKIE : `${COOKIE}_${port}`;
}

/** The secret of the session in a request's cookies. */
export function numberIn({ cookie, host }: IncomingMessage['headers']): string | undefined {
  return new RegExp(`(?:^|;\\s*)${cookieName(host)}=([\\w-]{10,100})(?:;|$)`).exec(cookie ?? '')?.[1];
}

/**
 * Gives the browser the secret; empty: takes it away. Scripts cannot read it, other sites' pages do not send it, and below a prefix what
 * else is on that host does not get it.
 */
export function setCookie(request: FastifyRequest, reply: FastifyReply, number: string): void {
  const secure =
    request.protocol === 'https' || /^https\b/i.test(String(request.headers['x-forwarded-proto']));
  const age = number === '' ? 0 : 7 * 86_400;
  const rest = `Path=${prefixOf(request)}/; HttpOnly; SameSite=Strict; Max-Age=${age}${secure ? '; Secure' : ''}`;
  reply.header('Set-Cookie', `${cookieName(request.headers.host)}=${number}; ${rest}`);
}
