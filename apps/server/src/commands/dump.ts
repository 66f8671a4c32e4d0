/*
 * `faktory dump | load`: the store as lines of JSON, and back. A dump goes beside a running server; a load needs it to be stopped.
 */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { FaktoryError } from '@faktory-ts/protocol';
import { command } from './command.ts';
import { folderFlags, folderOf } from './data-folder.ts';
import { counted } from './words.ts';

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
export const load = command<'dir' | 'skip-known'>({
  name: 'load',
  synopsis: 'FILE|-',
  describe: 'takes a dump into the store, all of it or nothing; the server must be stopped',
  flags: { ...folderFlags, 'skip-known': { describe: 'leave out jobs whose jid is in the store' } },
  words: [1, 1],
  more: 'What is in the store stays, what comes in stands behind it. - is standard input.',
  async run(call) {
    const [file = '-'] = call.words;
    const options = { skipKnown: call.on('skip-known') };
    const { jobs, skipped } = await folderOf(call).load(linesOf(file, call.terminal.input), options);
    const left = skipped > 0 ? `, ${skipped} were there` : '';
    call.terminal.print(`${counted(jobs, 'job')} loaded${left}`);
  },
});

async function* linesOf(file: string, input: NodeJS.ReadableStream): AsyncGenerator<string> {
  const source = file === '-' ? input : createReadStream(file);
  try {
    yield* createInterface({ input: source, crlfDelay: Number.POSITIVE_INFINITY });
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
    throw new FaktoryError('NOT_FOUND', `${file} cannot be read (${reason}); is it the right file?`, {
      cause,
    });
  }
}
