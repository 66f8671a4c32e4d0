/**
 * One job: its data, why it does not run, its timeline, and the actions on it.
 *
 * The server does not keep jobs that are done: the page then says so and keeps showing the last
 * known data.
 */
import type { JobDetail, JobPlace } from '@faktory-ts/protocol';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link } from 'wouter';
import { useSearch } from 'wouter/use-browser-location';
import { ApiProblem, api, rawUrl } from '../api.ts';
import { jobsHref, queueHref, workerHref } from '../filter.ts';
import { bytes } from '../numbers.ts';
import { CodeBlock, CopyButton } from '../parts/code.tsx';
import { JsonTree } from '../parts/json-tree.tsx';
import { Empty, ErrorNote, Skeleton } from '../parts/notes.tsx';
import { Facts, PageHead, Section } from '../parts/section.tsx';
import { PriorityMark, StateBadge } from '../parts/state.tsx';
import { usePrefs } from '../prefs.ts';
import { usePushLines } from '../session.tsx';
import { usePage } from '../shell/title.ts';
import { Elapsed, Time } from '../time.tsx';
import { Attempts } from './job/attempts.tsx';
import { CopyJob } from './job/copy-job.tsx';
import { argsText, copyText, lineJob } from './job/texts.ts';
import { Timeline } from './job/timeline.tsx';
import { Why } from './job/why.tsx';
import { JobActions } from './jobs/actions.tsx';

export default function Job({ jid }: { jid: string }): ReactNode {
  const { rate } = usePrefs();
  const place = new URLSearchParams(useSearch()).get('place') ?? undefined;
  usePage(jid);
  // The state in the address only says where to search first: the job may have moved since.
  const { data, error, refetch } = useQuery({
    queryKey: ['job', jid],
    queryFn: ({ signal }) => api.job(jid, place, signal),
    // An undo may restore a job that is gone, so ask again, but not every second.
    refetchInterval: ({ state }) => (rate === 0 ? false : Math.max(rate, state.error ? 5000 : 1000)),
    retry: false,
  });
  const gone = error instanceof ApiProblem && error.status === 404;
  return (
    <>
      {gone && data === undefined && <h1 className="sr-only">{jid}</h1>}
      {gone && <Gone jid={jid} />}
      {error && !gone && <ErrorNote problem={error} again={() => void refetch()} />}
      {data ? <Shown job={data} gone={gone} /> : !error && <Skeleton lines={10} height={28} />}
    </>
  );
}

function Gone({ jid }: { jid: string }): ReactNode {
  const { t } = useTranslation();
  return (
    <Empty title={t('job.gone')}>
      <p className="mb-1">
        <code className="wrap-anywhere">{jid}</code>
      </p>
      <p>{t('job.goneBody')}</p>
      <Link href="/jobs" className="link">
        {t('job.back')}
      </Link>
    </Empty>
  );
}

function Shown({ job, gone }: { job: JobDetail; gone: boolean }): ReactNode {
  const { t } = useTranslation();
  const target = { jids: [job.jid], places: [job.place] as JobPlace[], queues: [job.queue] };
  return (
    <article className={gone ? 'opacity-60' : ''}>
      <PageHead title={job.display}>
        {/* A job that a worker is running cannot be changed. */}
        {!gone && job.place !== 'working' && (
          <JobActions filter={target} count={1} about={[`${job.display} ${job.jid}`]} sure />
        )}
      </PageHead>
      <div className="mb-4 flex flex-wrap items-center gap-x-4 gap-y-1 border-y border-line py-2.5">
        <StateBadge place={job.place} />
        {!gone && <Why job={job} />}
      </div>
      <div className="grid gap-x-10 gap-y-8 lg:grid-cols-[minmax(0,1fr)_360px]">
        <div className="flex min-w-0 flex-col gap-8">
          <Arguments job={job} />
          {job.attempts.length > 0 && <Attempts attempts={job.attempts} />}
          <Whole job={job} gone={gone} />
        </div>
        <div className="flex min-w-0 flex-col gap-8">
          <Section title={t('job.timeline')}>
            <Timeline job={job} />
          </Section>
          <Details job={job} />
        </div>
      </div>
    </article>
  );
}

function Arguments({ job }: { job: JobDetail }): ReactNode {
  const { t } = useTranslation();
  const args = job.args_cut && !job.job_cut ? argsText(job.job) : job.args;
  return (
    <Section
      title={t('job.arguments')}
      actions={!job.job_cut && <CopyButton text={args} label={t('parts.copy')} />}
    >
      <div className="py-2">
        <JsonTree text={args} />
      </div>
    </Section>
  );
}

function Whole({ job, gone }: { job: JobDetail; gone: boolean }): ReactNode {
  const { t } = useTranslation();
  const lines = usePushLines();
  const file = rawUrl(job.jid, job.place);
  return (
    <Section
      title={t('job.whole')}
      actions={
        <>
          <CopyJob job={job} gone={gone} />
          {!gone && (
            <a href={file} download className="link text-sm">
              {t('job.download')}
            </a>
          )}
        </>
      }
    >
      {job.job_cut ? (
        <p className="py-2 text-soft">{t('job.cut', { size: bytes(job.bytes) })}</p>
      ) : (
        <div className="flex flex-wrap items-center gap-2 py-2">
          <CopyButton words text={job.job} label={t('job.copyJson')} />
          <CopyButton words text={() => lines.command(lineJob(job.job))} label={t('job.copyPush')} />
          <CopyButton words text={() => lines.curl(copyText(job.job))} label={t('job.copyCurl')} />
          {lines.password && <p className="text-sm text-faint">{t('parts.putPassword')}</p>}
        </div>
      )}
      <details>
        <summary className="py-1 text-soft">{t('job.whole')}</summary>
        <CodeBlock text={job.job} label={t('job.whole')} />
      </details>
    </Section>
  );
}

function Details({ job }: { job: JobDetail }): ReactNode {
  const { t } = useTranslation();
  const facts: (readonly [string, ReactNode])[] = [
    [
      t('job.fields.jid'),
      <span key="jid" className="flex items-center gap-1">
        <code className="wrap-anywhere">{job.jid}</code>
        <CopyButton text={job.jid} label={t('parts.copy')} />
      </span>,
    ],
    [t('job.fields.jobtype'), <Filtered key="type" name="jobtypes" value={job.jobtype} />],
    [
      t('job.fields.queue'),
      <Link key="queue" href={queueHref(job.queue)} className="link">
        {job.queue}
      </Link>,
    ],
    [t('job.fields.priority'), <PriorityMark key="priority" priority={job.priority} />],
    [t('job.fields.size'), bytes(job.bytes)],
  ];
  if (job.wid)
    facts.push([
      t('job.fields.worker'),
      <Link key="wid" href={workerHref(job.wid)} className="link">
        <code>{job.wid}</code>
      </Link>,
    ]);
  if (job.place === 'working') facts.push([t('workers.elapsed'), <Elapsed key="since" since={job.at} />]);
  if (job.expires_at) facts.push([t('job.fields.expires'), <Time key="ends" at={job.expires_at} />]);
  if (job.failure) facts.push([t('job.fields.retries'), job.failure.count]);
  if (job.failure?.remaining !== undefined)
    facts.push([t('job.fields.remaining'), Math.max(0, job.failure.remaining)]);
  return (
    <Section title={t('job.details')}>
      <Facts facts={facts} />
    </Section>
  );
}

const Filtered = ({ name, value }: { name: 'jobtypes'; value: string }): ReactNode => (
  <Link href={jobsHref({ [name]: [value] })} className="link wrap-anywhere">
    {value}
  </Link>
);
