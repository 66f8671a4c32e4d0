/**
 * The login: the server’s password, or a token with its name. After the login the user sees the
 * page that was requested.
 */
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ApiProblem, api } from '../api.ts';
import { Button } from '../parts/button.tsx';
import { ErrorNote } from '../parts/notes.tsx';
import { useSetSession } from '../session.tsx';
import { Logo } from '../shell/logo.tsx';
import { usePage } from '../shell/title.ts';

export default function Login(): ReactNode {
  const { t } = useTranslation();
  const setSession = useSetSession();
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  const hint = useId();
  const login = useMutation({ mutationFn: () => api.login(user.trim(), password), onSuccess: setSession });
  usePage(t('shell.login.title'));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    login.mutate();
  };
  return (
    <main className="mx-auto flex min-h-dvh max-w-80 flex-col justify-center p-6 pb-40">
      <h1 className="mb-6 flex items-center gap-2.5 text-lg">
        <Logo />
        {t('shell.name')}
      </h1>
      <form onSubmit={submit} className="flex flex-col gap-4">
        <label className="flex flex-col gap-1">
          {t('shell.login.password')}
          <input
            type="password"
            name="password"
            autoComplete="current-password"
            required
            autoFocus
            value={password}
            onChange={(event) => setPassword(event.target.value)}
            className="field"
          />
        </label>
        <div className="flex flex-col gap-1">
          <label className="flex flex-col gap-1">
            {t('shell.login.user')}
            <input
              name="username"
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              value={user}
              onChange={(event) => setUser(event.target.value)}
              aria-describedby={hint}
              className="field"
            />
          </label>
          <p id={hint} className="text-sm text-faint">
            {t('shell.login.userHint')}
          </p>
        </div>
        {login.error && <ErrorNote problem={worded(login.error, t)} />}
        <Button type="submit" tone="accent" busy={login.isPending}>
          {t('shell.login.submit')}
        </Button>
      </form>
    </main>
  );
}

function worded(problem: Error, t: ReturnType<typeof useTranslation>['t']): Error {
  if (!(problem instanceof ApiProblem)) return problem;
  if (problem.status === 429 && problem.retryAfter > 0)
    return new Error(t('shell.login.tooMany', { count: problem.retryAfter }));
  return problem.status === 401 ? new Error(t('shell.login.wrong')) : problem;
}
