/*
 * Stands in for the page until it is there. It must never look finished. A stranger would get wrong that its address is already linked.
 */
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { usePage } from '../shell/title.ts';

export default function Page(): ReactNode {
  const { t } = useTranslation();
  usePage(t('shell.pages.queues'));
  return <h1 className="text-lg">{t('shell.pages.queues')}</h1>;
}
