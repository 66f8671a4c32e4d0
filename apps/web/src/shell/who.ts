/*
 * Who is logged in, in words. It must never show a secret: the server tells names alone. A stranger would get wrong that `who` is one of
 * three shapes: password, token NAME, anybody.
 */
import { useTranslation } from 'react-i18next';
import { useSession } from '../session.tsx';

/** Who looks, in the user's language. */
export function useWho(): string {
  const { t } = useTranslation();
  const { who } = useSession();
  if (who === 'password') return t('shell.whoPassword');
  if (who === 'anybody') return t('shell.whoAnybody');
  return t('shell.whoToken', { name: who.replace(/^token /, '') });
}
