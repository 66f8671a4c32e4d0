/*
 * A job as something to type: a push command, a curl line, the text of a copy. Pure. Numbers and escapes stay as the client wrote them. It
 * must never leave a quote open for the shell: what stands in the job is somebody else's.
 */
import { baseUrl } from '../../api.ts';
import { type JsonNode, prettyJson, readJson } from '../../json.ts';

/** What only this job has: a copy gets its own. */
const own = new Set(['jid', 'created_at', 'enqueued_at', 'failure', 'at']);

/** A text as one word of a POSIX shell. */
const shellWord = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** A value on one line. */
function line(node: JsonNode): string {
  if (node.kind === 'array') return `[${node.items.map(line).join(',')}]`;
  if (node.kind === 'object')
    return `{${node.entries.map(([key, value]) => `${JSON.stringify(key)}:${line(value)}`).join(',')}}`;
  return node.source;
}

/** The JSON text of a copy, with other arguments if they are given. */
export function copyText(job: JsonNode, args?: string): string {
  if (job.kind !== 'object') return line(job);
  const kept = job.entries.filter(([key]) => !own.has(key));
  const members = kept.map(
    ([key, value]) => `${JSON.stringify(key)}:${key === 'args' && args !== undefined ? args : line(value)}`,
  );
  return `{${members.join(',')}}`;
}

/** The program's command that pushes the same job again. */
export function pushLine(job: JsonNode): string {
  return `faktory push ${shellWord(copyText(job))}`;
}

/** The same for who has curl alone. */
export function curlLine(job: JsonNode): string {
  const url = new URL('api/jobs', baseUrl()).href;
  return `curl -H 'Content-Type: application/json' -d ${shellWord(copyText(job))} ${shellWord(url)}`;
}

/** A member of an object's text, as it is written; undefined: there is none. */
export function memberText(job: string, name: string): string | undefined {
  const node = readJson(job);
  const found = node.kind === 'object' ? node.entries.find(([key]) => key === name)?.[1] : undefined;
  return found && line(found);
}

/** The arguments with line breaks, to be edited. */
export function argsToEdit(job: string): string {
  const args = memberText(job, 'args');
  return args === undefined ? '[]' : prettyJson(readJson(args));
}
