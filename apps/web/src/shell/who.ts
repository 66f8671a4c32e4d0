/**
 * Names the logged-in user in words. The server sends names only, never a secret.
 *
 * `who` is `password`, `token NAME` or `anybody`.
 */
import { useTranslation } from 'react-i18next';
import { useSession } from '../session.tsx';

/** The logged-in user, in the user's language. */
export function useWho(): string {
  const { t } = useTranslation();
  const { who } = useSession();
  if (who === 'password') return t('shell.whoPassword');
  if (who === 'anybody') return t('shell.whoAnybody');
  return t('shell.whoToken', { name: who.replace(/^token /, '') });
}
