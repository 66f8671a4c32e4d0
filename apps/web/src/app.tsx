/** The app: login, frame, and the page for each address. Addresses are relative to <base>. */
import { type ReactNode, Suspense, useState } from 'react';
import { Route, Router, Switch, useParams } from 'wouter';
import { useSearch } from 'wouter/use-browser-location';
import { baseUrl } from './api.ts';
import { type PageCode, pageCode } from './page-code.ts';
import { Skeleton } from './parts/notes.tsx';
import { Tooltips } from './parts/tooltip.tsx';
import { SessionGate } from './session.tsx';
import { Fault, NotFound, StartFailed } from './shell/faults.tsx';
import { Shell } from './shell/shell.tsx';

/** Decodes a name of the address; a name with wrong encoding is used as it is. */
function decoded(part: string | undefined): string {
  try {
    return decodeURIComponent(part ?? '');
  } catch {
    return part ?? ''; // the address has a bare %
  }
}

/** The whole app. */
export function App(): ReactNode {
  return (
    <Router base={baseUrl().pathname.replace(/\/$/, '')}>
      <Suspense>
        <SessionGate
          login={<Page code={pageCode.login} props={{}} />}
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
  const plain = (code: PageCode<object>): ReactNode => <Page code={code} props={{}} />;
  return (
    <Switch>
      <Route path="/">{plain(pageCode.overview)}</Route>
      <Route path="/queues">{plain(pageCode.queues)}</Route>
      <Route path="/queues/:name">
        <Named>{(name) => <Page key={name} code={pageCode.queue} props={{ name }} />}</Named>
      </Route>
      <Route path="/jobs">{plain(pageCode.jobs)}</Route>
      <Route path="/jobs/:name">
        <Named>{(jid) => <Page key={jid} code={pageCode.job} props={{ jid }} />}</Named>
      </Route>
      <Route path="/errors">{plain(pageCode.errors)}</Route>
      <Route path="/workers">{plain(pageCode.workers)}</Route>
      <Route path="/push">{plain(pageCode.push)}</Route>
      <Route path="/about">{plain(pageCode.settings)}</Route>
      <Route component={NotFound} />
    </Switch>
  );
}

/** The name in the address: in the query if it is not safe in a path. */
function Named({ children }: { children: (name: string) => ReactNode }): ReactNode {
  const { name } = useParams();
  const search = useSearch();
  return children(name === '~' ? (new URLSearchParams(search).get('name') ?? '~') : decoded(name));
}

/** Keeps a page mounted when its code arrives, instead of mounting it again. */
function Page<Props extends object>({ code, props }: { code: PageCode<Props>; props: Props }): ReactNode {
  const [begun, setBegun] = useState(() => ({ code, Shown: code.now() }));
  if (begun.code !== code) setBegun({ code, Shown: code.now() });
  const { Shown } = begun;
  return <Shown {...props} />;
}
