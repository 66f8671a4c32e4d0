/** Logging in, logging out, and who one is. Failed logins slow an address down, as on the wire (access/logins.ts). */
import { type ApiSession, excerpt, FaktoryError, formatTime, type WireAddress } from '@faktory-ts/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Access, Caller } from '../access/access.ts';
import { numberIn, refuseOthers, setCookie } from './guard.ts';
import type { LoginPace } from './login-pace.ts';
import { type ApiRoute, done, object, text } from './routes.ts';

/** What the routes of this file need. */
export interface SessionSources {
  readonly access: Access;
  readonly pace: LoginPace;
  readonly version: string;
  readonly redacted: boolean;
  /** The command port. */
  readonly wire: () => Omit<WireAddress, 'password'>;
  readonly now: () => number;
}

const MOST_ASKED = 16_384; // bytes: nobody is known yet

export function sessionRoute(sources: SessionSources): ApiRoute {
  return {
    method: 'GET',
    path: '/session',
    schema: { summary: 'Who you are and what you may do.', tags: ['session'] },
    run: ({ caller, loggedIn }) => told(sources, caller, loggedIn),
  };
}

/** The routes that whoever is not logged in may ask for. */
export function loginRoutes(sources: SessionSources): ApiRoute[] {
  return [
    {
      method: 'POST',
      path: '/login',
      schema: {
        summary: 'Begins a session with a password, or with a token: its name is the user.',
        tags: ['session'],
        body: object({ user: text('Name of a token; else anything.'), password: text('Or a secret.') }, [
          'password',
        ]),
      },
      options: { bodyLimit: MOST_ASKED },
      run: (request, reply) => login(sources, request, reply),
    },
    {
      method: 'POST',
      path: '/logout',
      schema: { summary: 'Ends the session.', tags: ['session'], response: done },
      run: async (request, reply) => {
        refuseOthers(request.headers);
        const number = numberIn(request.headers);
        if (number !== undefined) await sources.access.logout(number);
        setCookie(request, reply, '');
        return reply.code(204).send();
      },
    },
  ];
}

async function login(
  sources: SessionSources,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<ApiSession> {
  refuseOthers(request.headers);
  const { user = '', password } = request.body as { user?: string; password: string };
  const { access, pace } = sources;
  if (!access.asksHttp)
    throw new FaktoryError('INVALID', 'nothing is asked here: there is no password to log in with');
  const deed = { who: user === '' ? 'password' : excerpt(user), from: request.ip, did: 'login', what: '' };
  const gone = (): boolean => request.socket.destroyed;
  try {
    const turn = (who: string | undefined): Promise<void> => pace.wait(request.ip, who, request.socket);
    const { caller, number } = await access.login(user, password, { address: request.ip, gone }, turn);
    setCookie(request, reply, number);
    access.audit.write({ ...deed, who: caller.who, ok: true });
    return told(sources, caller, true);
  } catch (error) {
    // Who is refused unheard, or leaves, costs nothing: a flood of that must not push out what the log is for.
    const heard = !gone() && !(error instanceof FaktoryError && error.code === 'LIMIT');
    if (heard) access.audit.write({ ...deed, ok: false });
    throw error;
  }
}

function told(sources: SessionSources, caller: Caller | undefined, login: boolean): ApiSession {
  const { access, version, redacted, now } = sources;
  const { who = 'anybody', limits } = caller ?? {};
  const wire = { ...sources.wire(), password: access.asks };
  const rights = access.rights.rightsOf(limits);
  return { who, rights, login, redacted, password: access.asksHttp, wire, version, now: formatTime(now()) };
}
