/** The configuration of the running server, read only. Names and values are not translated. */
import type { About } from '@faktory-ts/protocol';
import { type ReactNode, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { Section } from '../../parts/section.tsx';
import { type Column, Table } from '../../parts/table.tsx';

type Setting = About['settings'][number];
const nameOf = (setting: Setting) => setting.name;

/** The section. */
export function Configuration({ settings }: { settings: About['settings'] | undefined }): ReactNode {
  const { t } = useTranslation();
  const columns = useMemo<Column<Setting>[]>(
    () => [
      {
        id: 'name',
        label: t('settings.name'),
        width: 'minmax(140px, 1fr)',
        main: true,
        sort: ({ name }) => name,
        cell: ({ name }) => <code>{name}</code>,
      },
      {
        id: 'value',
        label: t('settings.value'),
        width: 'minmax(140px, 2fr)',
        cell: (setting) => (
          <span className="flex flex-wrap items-baseline gap-x-2">
            <code className="min-w-0 wrap-anywhere">{setting.value}</code>
            {setting.value !== setting.default && (
              <span className="shrink-0 text-xs text-accent">{t('settings.changed')}</span>
            )}
          </span>
        ),
      },
      {
        id: 'usual',
        label: t('settings.usual'),
        width: 'minmax(120px, 1fr)',
        cell: (setting) => <code className="block truncate text-soft">{setting.default}</code>,
      },
    ],
    [t],
  );
  return (
    <Section title={t('settings.configuration')}>
      <p className="py-1.5 text-sm text-faint">{t('settings.configurationBody')}</p>
      <Table
        name="configuration"
        label={t('settings.configuration')}
        rows={settings ?? []}
        rowKey={nameOf}
        columns={columns}
        loading={settings === undefined}
      />
    </Section>
  );
}
