/**
 * The settings page: server, storage, backups, clients, and the preferences of this browser. The
 * server leaves out secrets.
 *
 * A section that the user may not see says so; the others still work.
 */
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { api, baseUrl } from '../api.ts';
import { ErrorNote, Skeleton } from '../parts/notes.tsx';
import { PageHead, Section } from '../parts/section.tsx';
import { usePage } from '../shell/title.ts';
import { Backups } from './settings/backups.tsx';
import { Changes } from './settings/changes.tsx';
import { Clients } from './settings/clients.tsx';
import { Configuration } from './settings/configuration.tsx';
import { PreferenceFields } from './settings/preference-fields.tsx';
import { ServerFacts, StorageFacts } from './settings/server.tsx';

export default function Settings(): ReactNode {
  const { t } = useTranslation();
  usePage(t('shell.pages.settings'));
  const { data, error, refetch } = useQuery({
    queryKey: ['about'],
    queryFn: api.about,
    refetchInterval: 30_000,
  });
  return (
    <>
      <PageHead title={t('shell.pages.settings')} />
      <div className="grid gap-x-10 gap-y-8 lg:grid-cols-2">
        <div className="flex min-w-0 flex-col gap-8">
          <PreferenceFields />
          <Changes />
          <Backups about={data} />
        </div>
        <div className="flex min-w-0 flex-col gap-8">
          <Section title={t('settings.server')}>
            {error && <ErrorNote problem={error} again={() => void refetch()} />}
            {data ? <ServerFacts about={data} /> : <Skeleton lines={7} height={32} />}
          </Section>
          <Section title={t('settings.storage')}>
            {data ? <StorageFacts about={data} /> : <Skeleton lines={5} height={32} />}
          </Section>
          <Links />
        </div>
      </div>
      <div className="mt-8 flex flex-col gap-8">
        <Clients />
        <Configuration settings={data?.settings} />
      </div>
    </>
  );
}

const links = [
  ['openapi', 'api/openapi.json'],
  ['metrics', 'metrics'],
  ['health', 'health'],
  ['stats', 'stats'],
] as const;

function Links(): ReactNode {
  const { t } = useTranslation();
  return (
    <Section title={t('settings.links')}>
      <ul>
        {links.map(([name, path]) => (
          <li key={name} className="border-b border-line py-1.5 last:border-0">
            <a href={new URL(path, baseUrl()).href} className="link">
              {t(`settings.${name}`)}
            </a>
          </li>
        ))}
      </ul>
    </Section>
  );
}
