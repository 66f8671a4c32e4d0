/*
 * `faktory dump | load`: the store as lines of JSON, and back. A dump goes beside a running server; a load needs it to be stopped.
 */
import { createReadStream, openSync, ReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { FaktoryError } from '@faktory-ts/protocol';
import { command } from './command.ts';
import { folderFlags, folderOf } from './data-folder.ts';
import { counted, jsonText } from './words.ts';

/** Out. */
export const dump = command({
  name: 'dump',
  synopsis: '',
  describe: 'prints the store as lines of JSON: all jobs, queues and counters of one moment',
  flags: folderFlags,
  more: 'For example: faktory dump -d DIR | gzip >jobs.jsonl.gz. The format is in docs/dump.md.',
  run: (call) => call.terminal.printAll(folderOf(call).dump()),
});

/** In. */
export const load = command<'dir' | 'skip-known' | 'json'>({
  name: 'load',
  synopsis: 'FILE|-',
  describe: 'takes a dump into the store, all of it or nothing; the server must be stopped',
  flags: {
    ...folderFlags,
    'skip-known': { describe: 'leave out jobs whose jid is in the store' },
    json: { describe: 'print the result as JSON' },
  },
  words: [1, 1],
  more: 'What is in the store stays, what comes in stands behind it. - is standard input.',
  async run(call) {
    const [file = '-'] = call.words;
    const options = { skipKnown: call.on('skip-known') };
    const lines = linesOf(open(file, call.terminal.input));
    const { jobs, skipped } = await folderOf(call, 'may be made').load(lines, options);
    const left = skipped > 0 ? `, ${skipped} were there` : '';
    call.terminal.print(
      call.on('json') ? jsonText({ loaded: jobs, skipped }) : `${counted(jobs, 'job')} loaded${left}`,
    );
  },
});

/** Opens the file now: it may be one that only root can read. */
function open(file: string, input: NodeJS.ReadableStream): NodeJS.ReadableStream {
  if (file === '-') return input;
  try {
    return createReadStream(file, { fd: openSync(file, 'r') });
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

async function* linesOf(source: NodeJS.ReadableStream): AsyncGenerator<string> {
  try {
    yield* createInterface({ input: source, crlfDelay: Number.POSITIVE_INFINITY });
  } catch (cause) {
    throw unreadable(source instanceof ReadStream ? String(source.path) : 'standard input', cause);
  }
}

function unreadable(file: string, cause: unknown): FaktoryError {
  const reason = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
  return new FaktoryError('NOT_FOUND', `${file} cannot be read (${reason}); is it the right file?`, {
    cause,
  });
}
