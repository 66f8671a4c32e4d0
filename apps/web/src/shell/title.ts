/**
 * Sets the title of the window to the name of the page. Screen readers announce it when the page
 * changes.
 */
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';

/** Sets the window's title to the name of the page. */
export function usePage(name: string): void {
  const { t } = useTranslation();
  useEffect(() => {
    document.title = t('shell.title', { page: name });
  }, [t, name]);
}
