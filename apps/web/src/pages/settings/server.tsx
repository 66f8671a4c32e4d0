/**
 * Version, process and storage of the server, as the server reports them.
 *
 * The disk bar shows the space used by all programs, not only by the server.
 */
import type { About } from '@faktory-ts/protocol';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useLive } from '../../live.ts';
import { bytes, count, duration, exact, rate, share } from '../../numbers.ts';
import { Facts } from '../../parts/section.tsx';
import { useWho } from '../../shell/who.ts';
import { Time } from '../../time.tsx';

/** Versions and process. */
export function ServerFacts({ about }: { about: About }): ReactNode {
  const { t } = useTranslation();
  const stats = useLive('stats');
  const who = useWho();
  return (
    <>
      <Facts
        facts={[
          [t('settings.version'), `${about.name} ${about.version}`],
          [t('settings.node'), about.node],
          [t('settings.platform'), about.platform],
          [t('settings.process'), String(about.pid)],
          [t('settings.started'), <Time key="started" at={about.started_at} />],
          [t('settings.memory'), stats ? bytes(stats.memory_mb * 1_000_000) : ''],
          [t('settings.connections'), stats ? count(stats.connections) : ''],
        ]}
      />
      <p className="pt-2 text-sm text-faint">{who}</p>
    </>
  );
}

/** The store and its disk. */
export function StorageFacts({ about: { storage } }: { about: About }): ReactNode {
  const { t } = useTranslation();
  const used = 1 - storage.disk_free / Math.max(1, storage.disk_total);
  const commits = Math.max(1, storage.commits);
  return (
    <Facts
      facts={[
        [t('settings.dir'), <code key="dir">{storage.dir}</code>],
        [
          t('settings.size'),
          t('settings.sizeValue', {
            size: bytes(storage.bytes),
            free: bytes(storage.free),
            log: bytes(storage.log),
          }),
        ],
        [t('settings.sync'), storage.sync],
        [
          t('settings.commits'),
          t('settings.commitsValue', {
            commits: exact(storage.commits),
            operations: rate(storage.operations / commits),
            time: duration(storage.commit_seconds / commits),
          }),
        ],
        [
          t('settings.disk'),
          <span key="disk" className="block">
            {t('settings.diskValue', { free: bytes(storage.disk_free), total: bytes(storage.disk_total) })}
            <span
              role="img"
              aria-label={t('settings.diskUsed', { share: share(used) })}
              className="mt-1.5 block h-1.5 overflow-hidden rounded-sm bg-sunken"
            >
              <span
                className={`block h-full ${used > 0.9 ? 'bg-dead' : 'bg-accent'}`}
                style={{ width: `${used * 100}%` }}
              />
            </span>
          </span>,
        ],
      ]}
    />
  );
}
