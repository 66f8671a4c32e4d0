/**
 * The clients connected to the command port, refreshed every ten seconds. One worker may have
 * several connections.
 */
import type { ClientRow } from '@faktory-ts/protocol';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { api } from '../../api.ts';
import { count } from '../../numbers.ts';
import { Empty, ErrorNote } from '../../parts/notes.tsx';
import { Section } from '../../parts/section.tsx';
import { type Column, Table } from '../../parts/table.tsx';
import { Time } from '../../time.tsx';

const keyOf = (client: ClientRow) => `${client.address} ${client.connected_at}`;

/** The section. */
export function Clients(): ReactNode {
  const { t } = useTranslation();
  const columns = useColumns();
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ['clients'],
    queryFn: api.clients,
    refetchInterval: 10_000,
  });
  return (
    <Section title={t('settings.clients')}>
      {error && <ErrorNote problem={error} again={() => void refetch()} />}
      {!error && (
        <Table
          name="clients"
          label={t('settings.clients')}
          rows={data?.clients ?? []}
          rowKey={keyOf}
          columns={columns}
          loading={isPending}
          empty={<Empty title={t('settings.clientsNone')}>{t('settings.clientsNoneBody')}</Empty>}
          sort={{ id: 'connected', desc: true }}
        />
      )}
    </Section>
  );
}

function useColumns(): Column<ClientRow>[] {
  const { t } = useTranslation();
  return useMemo(
    () => [
      {
        id: 'address',
        label: t('settings.address'),
        width: 'minmax(130px, 2fr)',
        main: true,
        sort: ({ address }) => address,
        cell: ({ address }) => <span className="block truncate tabular">{address}</span>,
      },
      {
        id: 'worker',
        label: t('settings.host'),
        width: 'minmax(130px, 2fr)',
        sort: ({ hostname }) => hostname ?? '',
        cell: ({ hostname, wid }) => (
          <span className="block truncate">
            {wid ? hostname : <span className="text-faint">{t('settings.producer')}</span>}
          </span>
        ),
      },
      {
        id: 'labels',
        label: t('settings.labels'),
        width: 'minmax(90px, 1fr)',
        cell: ({ labels }) => <span className="block truncate text-soft">{labels?.join(', ')}</span>,
      },
      {
        id: 'who',
        label: t('settings.who'),
        width: 'minmax(90px, 1fr)',
        sort: ({ who }) => who,
        cell: ({ who }) => <span className="block truncate text-soft">{who}</span>,
      },
      {
        id: 'commands',
        label: t('settings.commands'),
        width: '96px',
        end: true,
        sort: ({ commands }) => commands,
        cell: ({ commands }) => <span className="tabular">{count(commands)}</span>,
      },
      {
        id: 'connected',
        label: t('settings.connected'),
        width: '104px',
        end: true,
        sort: (client) => client.connected_at,
        cell: (client) => <Time at={client.connected_at} />,
      },
    ],
    [t],
  );
}
