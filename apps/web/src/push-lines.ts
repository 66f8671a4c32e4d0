/**
 * Writes a push as a shell command, for the program `faktory` and for curl. Pure.
 *
 * Every value is quoted for the shell. The text of the job is kept, so large numbers stay exact.
 */
import { placeholder } from './server-address.ts';

/** A text as one word of a POSIX shell. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** A curl command that posts to the address of `/api/jobs`. `password`: the server requires one. */
export function curlLine(job: string, url: string, password: boolean): string {
  const user = password ? `-u ${quoted(`any:${placeholder}`)} ` : '';
  return `curl ${user}-X POST ${quoted(url)} \\\n  -H 'content-type: application/json' \\\n  -d ${quoted(job)}`;
}

/** A job as `faktory push` takes it: arguments and custom as JSON text. */
export interface LineJob {
  jobtype: string;
  args: string;
  queue?: string | undefined;
  priority?: number | undefined;
  retry?: number | undefined;
  reserve_for?: number | undefined;
  /** RFC 3339. */
  at?: string | undefined;
  custom?: string | undefined;
}

/** A `faktory push` command for the server at `url`. */
export function commandLine(job: LineJob, url: string): string {
  const flags = [
    job.queue && `--queue ${quoted(job.queue)}`,
    job.priority !== undefined && `--priority ${job.priority}`,
    job.retry !== undefined && `--retry=${job.retry}`,
    job.reserve_for !== undefined && `--reserve-for ${job.reserve_for}`,
    job.at && `--at ${quoted(job.at)}`,
    job.custom && `--custom ${quoted(job.custom)}`,
  ].filter(Boolean);
  return [`FAKTORY_URL=${quoted(url)} faktory push`, quoted(job.jobtype), quoted(job.args), ...flags].join(
    ' ',
  );
}
