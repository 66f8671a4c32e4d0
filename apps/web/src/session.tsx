/**
 * Who is logged in, and what they may do. The pages hide buttons that the server would refuse; the
 * server checks every request itself.
 *
 * A session may end at any time: a 401 from any route shows the login.
 */
import type { ApiRight, ApiSession } from '@faktory-ts/protocol';
import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useCallback, useContext, useEffect } from 'react';
import { ApiProblem, api, apiUrl, onSignedOut } from './api.ts';
import { commandLine, curlLine, type LineJob } from './push-lines.ts';
import { clientAddress } from './server-address.ts';

const Session = createContext<ApiSession | undefined>(undefined);
const sessionKey = ['session'];

/** The logged-in user; null: nobody is logged in. */
export const sessionQuery = queryOptions({
  queryKey: sessionKey,
  queryFn: async (): Promise<ApiSession | null> => {
    try {
      return await api.session();
    } catch (problem) {
      if (problem instanceof ApiProblem && problem.status === 401) return null;
      throw problem;
    }
  },
  staleTime: Number.POSITIVE_INFINITY,
});

/** The session; pages inside the shell always have one. */
export function useSession(): ApiSession {
  const session = useContext(Session);
  if (!session) throw new Error('useSession is for what stands inside <SessionGate>');
  return session;
}

/** Whether the user has this right. */
export function useCan(right: ApiRight): boolean {
  const { rights } = useSession();
  return rights.includes(right) || rights.includes('admin');
}

/** A push to this server as shell commands. */
export function usePushLines(): {
  command: (job: LineJob) => string;
  curl: (job: string) => string;
  /** Whether a command has the placeholder of the password. */
  password: boolean;
} {
  const session = useSession();
  return {
    command: (job) => commandLine(job, clientAddress(session, location.hostname).url),
    curl: (job) => curlLine(job, apiUrl('jobs'), session.password),
    password: session.password || session.wire.password,
  };
}

/**
 * Refetches user and server version: after a lost connection the server may have another version.
 */
export function useAskAgain(): () => void {
  const client = useQueryClient();
  return useCallback(() => void client.invalidateQueries({ queryKey: sessionKey }), [client]);
}

/** Sets the logged-in user; `null`: after a logout. */
export function useSetSession(): (session: ApiSession | null) => void {
  const client = useQueryClient();
  return (session) => {
    client.setQueryData(sessionKey, session);
    if (!session) client.removeQueries({ predicate: (query) => query.queryKey[0] !== sessionKey[0] });
  };
}

/**
 * Shows `children` to a logged-in user, `login` to others, and `problem` while the server does not
 * answer.
 */
export function SessionGate(props: {
  children: ReactNode;
  login: ReactNode;
  waiting: ReactNode;
  problem: (problem: Error, again: () => void) => ReactNode;
}): ReactNode {
  const client = useQueryClient();
  useEffect(() => onSignedOut(() => client.setQueryData(sessionKey, null)), [client]);
  const { data, error, refetch } = useQuery(sessionQuery);
  if (data) return <Session value={data}>{props.children}</Session>;
  if (data === null) return props.login;
  if (error) return props.problem(error, () => void refetch());
  return props.waiting;
}
