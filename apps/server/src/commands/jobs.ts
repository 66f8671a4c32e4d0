/**
 * `faktory jobs`: finds jobs in all places, as a table or as JSON, and shows single jobs
 * completely.
 */
import { FaktoryError, indentedJson, type JobsAsk, jobPlaces, jsonMembers } from '@faktory-ts/protocol';
import { type Call, command } from './command.ts';
import { type ServerFlag, serverFlags, withServer } from './connect.ts';
import { type FilterFlag, filterFlags, filterOf } from './filter.ts';
import type { FoundText, Onward, Operator } from './operator.ts';
import { table } from './table.ts';
import { fromNow, jsonText, readNumber, safeJson, thousands } from './words.ts';

type Names = FilterFlag | ServerFlag | 'order' | 'limit' | 'count' | 'json';

export const jobs = command<Names>({
  name: 'jobs',
  synopsis: '[list | search TEXT | show JID…]',
  describe: 'finds and shows jobs',
  flags: {
    ...serverFlags,
    ...filterFlags,
    order: {
      value: 'failed',
      describe: 'retries and dead in one list, the latest failure first',
      normal: 'place by place, in order of due time',
    },
    limit: { alias: 'n', value: 'NUMBER', describe: 'most jobs', normal: '50' },
    count: { describe: 'print only the number of jobs' },
    json: { describe: 'print each job as one line of JSON, as in the reply to JOBS' },
  },
  words: [0, 1000],
  ids: 'a JID',
  more: `list (or nothing)  all jobs that match the flags
search TEXT        jobs with TEXT in their JID or arguments
show JID…          each of these jobs, completely

  faktory jobs --place retries --error timeout
  faktory jobs --order failed --failed-from=-1h
  faktory jobs search ann@example.com --queue mail --json`,
  async run(call) {
    const [what = 'list', ...words] = call.words;
    if (what === 'show' && words.length > 0) return withServer(call, (server) => show(call, server, words));
    const searches = what === 'search' && words.length === 1;
    if (!searches && (what !== 'list' || words.length > 0))
      throw new FaktoryError('CONFIG', 'write faktory jobs, jobs search TEXT, or jobs show JID…');
    await withServer(call, (server) => list(call, server, words[0]));
  },
});

/** Shows the progress of a search on the terminal. */
export function progressOf({ terminal }: Call): { onward: Onward; done: () => void } {
  return {
    onward: ({ scanned, total, next }) => {
      if (next !== undefined)
        terminal.screen?.progress(`searched ${thousands(scanned)} of ${thousands(total)} jobs …`);
    },
    done: () => terminal.screen?.progress(''),
  };
}

const EVER = '1970-01-01T00:00:00Z';

async function list(call: Call<Names>, server: Operator, text: string | undefined): Promise<void> {
  const { terminal } = call;
  const filter = filterOf(call, [], jobPlaces);
  if (text !== undefined) filter.search = text;
  const order = orderOf(call.value('order'));
  if (order !== undefined) {
    if (call.value('place') === undefined) filter.places = ['retries', 'dead'];
    // the order needs a time of failure, which a killed job that never failed lacks
    filter.failed_from ??= EVER;
  }
  const most = readNumber('limit', call.value('limit') ?? '50', 1, 1_000_000_000);
  const { onward, done } = progressOf(call);
  if (call.on('count')) {
    const count = await server.count(filter, onward);
    done();
    terminal.print(call.on('json') ? jsonText({ count }) : String(count));
    return;
  }
  let found: FoundText[] = [];
  let printed = 0;
  for await (const job of server.find({ ...filter, ...(order && { order }) }, most, onward)) {
    found.push(job);
    // Print the first jobs while the search continues.
    if (found.length < 100 && !call.on('json')) continue;
    done();
    printAll(call, found);
    printed += found.length;
    found = [];
  }
  done();
  if (found.length > 0) printAll(call, found);
  else if (printed === 0) {
    const { places = jobPlaces } = filter;
    terminal.note(`no jobs found${places.length < jobPlaces.length ? ` in ${places.join(', ')}` : ''}`);
  }
}

function orderOf(text: string | undefined): JobsAsk['order'] {
  if (text === undefined || text === 'failed') return text;
  throw new FaktoryError('CONFIG', `--order "${text}" is unknown; use failed`);
}

function printAll(call: Call<Names>, found: readonly FoundText[]): void {
  const { terminal } = call;
  if (call.on('json')) for (const { text } of found) terminal.print(safeJson(text));
  else terminal.print(jobTable(call, found));
}

function jobTable({ terminal }: Call, found: readonly FoundText[]): string {
  const now = Date.now();
  const failed = found.some(({ found: { failed_at } }) => failed_at !== undefined);
  const rows = found.map(({ found: { place, at, failed_at, job }, text }) => {
    const { jid, jobtype, queue = 'default', priority = 5, failure } = job;
    const error = failure ? `${failure.errtype ?? ''}: ${failure.message ?? ''}` : '';
    const when = failed ? [fromNow(failed_at, now)] : [];
    return [place, fromNow(at, now), ...when, jid, jobtype, queue, priority, argsIn(text), error];
  });
  const heads = [
    'PLACE',
    'AT',
    ...(failed ? ['FAILED'] : []),
    'JID',
    'JOBTYPE',
    'QUEUE',
    'PRI',
    'ARGUMENTS',
    'ERROR',
  ];
  return table(terminal, heads, rows);
}

/** The arguments of a found job, exactly as the client wrote them. */
function argsIn(text: string): string {
  return jsonMembers(jsonMembers(text).get('job') ?? '{}').get('args') ?? '';
}

async function show(call: Call<Names>, server: Operator, jids: readonly string[]): Promise<void> {
  const { onward, done } = progressOf(call);
  const seen = new Set<string>();
  // Sets have an index, so most jobs are found at once.
  const places = ['retries', 'dead', 'scheduled', 'working', 'ready'] as const;
  for await (const { found, text } of server.find({ places, jids }, jids.length, onward)) {
    done();
    seen.add(found.job.jid);
    call.terminal.print(safeJson(call.on('json') ? text : indentedJson(text)));
  }
  done();
  const missing = jids.filter((jid) => !seen.has(jid));
  if (missing.length > 0)
    throw new FaktoryError('NOT_FOUND', `there is no job ${missing.join(', ')}; it may have ended`);
}
