/*
 * The app: who is logged in, the frame, and which page stands at which address. It must never hold a page's own code: each loads when it
 * is visited. A stranger would get wrong that addresses here are relative to <base>, below whatever path the server lives.
 */
import { lazy, type ReactNode, Suspense } from 'react';
import { Route, Router, Switch } from 'wouter';
import { baseUrl } from './api.ts';
import { Skeleton } from './parts/notes.tsx';
import { Tooltips } from './parts/tooltip.tsx';
import { SessionGate } from './session.tsx';
import { Fault, NotFound, StartFailed } from './shell/faults.tsx';
import { Shell } from './shell/shell.tsx';

const overview = () => import('./pages/overview.tsx');
const Overview = lazy(overview);
const Queues = lazy(() => import('./pages/queues.tsx'));
const Queue = lazy(() => import('./pages/queue.tsx'));
const Jobs = lazy(() => import('./pages/jobs.tsx'));
const Job = lazy(() => import('./pages/job.tsx'));
const Errors = lazy(() => import('./pages/errors.tsx'));
const Workers = lazy(() => import('./pages/workers.tsx'));
const Push = lazy(() => import('./pages/push.tsx'));
const Settings = lazy(() => import('./pages/settings.tsx'));
const Login = lazy(() => import('./pages/login.tsx'));

// The first page most see need not wait until it is known who looks.
if (location.pathname === baseUrl().pathname) void overview();

/** A name out of an address; one that is not encoded rightly is taken as it stands. */
function decoded(part: string | undefined): string {
  try {
    return decodeURIComponent(part ?? '');
  } catch {
    return part ?? ''; // somebody wrote a bare % into the address
  }
}

/** The whole page. */
export function App(): ReactNode {
  return (
    <Router base={baseUrl().pathname.replace(/\/$/, '')}>
      <Suspense>
        <SessionGate
          login={<Login />}
          waiting={null}
          problem={(problem, again) => <StartFailed problem={problem} again={again} />}
        >
          <Shell>
            <Fault>
              <Suspense fallback={<Skeleton lines={8} height={36} />}>
                <Pages />
              </Suspense>
            </Fault>
          </Shell>
        </SessionGate>
      </Suspense>
      <Tooltips />
    </Router>
  );
}

function Pages(): ReactNode {
  return (
    <Switch>
      <Route path="/" component={Overview} />
      <Route path="/queues" component={Queues} />
      <Route path="/queues/:name">{({ name }) => <Queue key={name} name={decoded(name)} />}</Route>
      <Route path="/jobs" component={Jobs} />
      <Route path="/jobs/:jid">{({ jid }) => <Job key={jid} jid={decoded(jid)} />}</Route>
      <Route path="/errors" component={Errors} />
      <Route path="/workers" component={Workers} />
      <Route path="/push" component={Push} />
      <Route path="/about" component={Settings} />
      <Route component={NotFound} />
    </Switch>
  );
}
