/**
 * The list of backups: create one, download one. Only admins see the download, because a backup has
 * all jobs.
 *
 * Creating a backup takes time in proportion to the size of the store.
 */
import type { About, BackupRow } from '@faktory-ts/protocol';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Archive, Download } from 'lucide-react';
import { type ReactNode, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { api, apiUrl } from '../../api.ts';
import { bytes, count, duration } from '../../numbers.ts';
import { Button } from '../../parts/button.tsx';
import { Empty, ErrorNote } from '../../parts/notes.tsx';
import { Section } from '../../parts/section.tsx';
import { type Column, Table } from '../../parts/table.tsx';
import { toast } from '../../parts/toast.tsx';
import { useCan } from '../../session.tsx';
import { exactTime, Time } from '../../time.tsx';

const idOf = (backup: BackupRow) => backup.id;

/** The section. */
export function Backups({ about }: { about: About | undefined }): ReactNode {
  const { t } = useTranslation();
  const client = useQueryClient();
  const can = useCan('operate');
  const columns = useColumns();
  const { data, error, isPending, refetch } = useQuery({ queryKey: ['backups'], queryFn: api.backups });
  const make = useMutation({
    mutationFn: api.makeBackup,
    onSuccess: () => toast(t('settings.backupMade')),
    onSettled: () => client.invalidateQueries({ queryKey: ['backups'] }),
  });
  const button = (
    <Button small icon={Archive} busy={make.isPending} onClick={() => make.mutate()}>
      {t('settings.backupNow')}
    </Button>
  );
  return (
    <Section title={t('settings.backups')} actions={can && button}>
      {about && <Habit backups={about.backups} />}
      {error && <ErrorNote problem={error} again={() => void refetch()} />}
      {make.error && <ErrorNote problem={make.error} />}
      {!error && (
        <Table
          name="backups"
          label={t('settings.backups')}
          rows={data?.backups ?? []}
          rowKey={idOf}
          columns={columns}
          loading={isPending}
          empty={<Empty title={t('settings.backupsNone')}>{t('settings.backupsNoneBody')}</Empty>}
        />
      )}
    </Section>
  );
}

function Habit({ backups }: { backups: About['backups'] }): ReactNode {
  const { t } = useTranslation();
  const keep = count(backups.keep);
  return (
    <>
      <p className="py-1.5 text-sm text-faint">
        {backups.every_seconds === null
          ? t('settings.backupsByHand', { keep })
          : t('settings.backupsEvery', { time: duration(backups.every_seconds), keep })}
      </p>
      {backups.last_error && (
        <ErrorNote problem={new Error(t('settings.backupFailed', { error: backups.last_error }))} />
      )}
    </>
  );
}

const jobsIn = ({ jobs }: BackupRow) => Object.values(jobs).reduce((sum, n) => sum + n, 0);

function useColumns(): Column<BackupRow>[] {
  const { t } = useTranslation();
  const admin = useCan('admin');
  return useMemo(() => {
    const columns: Column<BackupRow>[] = [
      {
        id: 'made',
        label: t('settings.made'),
        width: 'minmax(90px, 1fr)',
        main: true,
        cell: (backup) => <Time at={backup.made_at} />,
      },
      {
        id: 'jobs',
        label: t('settings.jobs'),
        width: '96px',
        end: true,
        cell: (backup) =>
          backup.bad === undefined ? (
            <span className="tabular">{count(jobsIn(backup))}</span>
          ) : (
            <span className="text-dead" data-tip={backup.bad}>
              {t('settings.backupBad')}
            </span>
          ),
      },
      {
        id: 'size',
        label: t('settings.size'),
        width: '88px',
        end: true,
        cell: (backup) => <span className="tabular">{bytes(backup.bytes)}</span>,
      },
      {
        id: 'id',
        label: t('settings.id'),
        width: 'minmax(120px, 2fr)',
        optional: true,
        cell: (backup) => <code className="block truncate text-soft">{backup.id}</code>,
      },
    ];
    const download: Column<BackupRow> = {
      id: 'download',
      label: t('settings.download'),
      width: '104px',
      bare: true,
      cell: (backup) =>
        backup.bad === undefined && (
          <a
            href={apiUrl(`backups/${encodeURIComponent(backup.id)}/file`)}
            download
            aria-label={t('settings.downloadOf', { time: exactTime(backup.made_at) })}
            className="link flex items-center justify-end gap-1.5"
          >
            <Download size={14} aria-hidden />
            {t('settings.download')}
          </a>
        ),
    };
    return admin ? [...columns, download] : columns;
  }, [t, admin]);
}
