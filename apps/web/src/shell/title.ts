/*
 * The title of the window: which page this is. It must never hold what changes by the second. A stranger would get wrong that screen
 * readers tell it when the page changes.
 */
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';

/** Names the page in the window's title. */
export function usePage(name: string): void {
  const { t } = useTranslation();
  useEffect(() => {
    document.title = t('shell.title', { page: name });
  }, [t, name]);
}
