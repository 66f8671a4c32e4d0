/*
 * `faktory dump | load`: the store as lines of JSON, and back. A dump goes beside a running server; a load needs it to be stopped.
 */
import { createReadStream, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { FaktoryError } from '@faktory-ts/protocol';
import { toldWhenEnded } from './asking.ts';
import { command } from './command.ts';
import { folderFlags, folderOf } from './data-folder.ts';
import { counted, jsonText } from './words.ts';

const GZIP = Buffer.from([0x1f, 0x8b]); // how a file of gzip begins

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
export const load = command<'dir' | 'skip-known' | 'again' | 'json'>({
  name: 'load',
  synopsis: 'FILE|-',
  describe: 'takes a dump into the store, all of it or nothing; the server must be stopped',
  flags: {
    ...folderFlags,
    'skip-known': { describe: 'leave out jobs whose jid is in the store' },
    again: { describe: 'load jobs whose jid is in the store a second time' },
    json: { describe: 'print the result as JSON' },
  },
  words: [1, 1],
  more: 'What is in the store stays, what comes in stands behind it. - is standard input. A file that gzip packed is unpacked.',
  async run(call) {
    const [file = '-'] = call.words;
    const options = { skipKnown: call.on('skip-known'), refuseKnown: !call.on('again') };
    const { terminal } = call;
    const source = open(file, terminal.input);
    const lines = untilEnded(linesOf(source, file), source, terminal.signal);
    const folder = folderOf(call, 'may be made');
    const loading = folder.load(lines, options).catch((error: unknown) => {
      throw withChoice(error);
    });
    const { jobs, skipped } = await toldWhenEnded(terminal, loading);
    const left = skipped > 0 ? `, ${skipped} were there` : '';
    terminal.print(
      call.on('json')
        ? jsonText({ loaded: jobs, skipped })
        : `${counted(jobs, 'job')} loaded into ${folder.dir}${left}`,
    );
  },
});

/** The lines; throws ABORTED at the first one after a signal, also while no line comes. */
async function* untilEnded(
  lines: AsyncGenerator<string>,
  source: NodeJS.ReadableStream,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const ended = new Promise<never>((_, reject) => {
    const end = (): void => {
      reject(new FaktoryError('ABORTED', 'ended by a signal'));
      (source as Readable).destroy(); // else an open standard input keeps the process
    };
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
  });
  ended.catch(() => undefined); // nobody may be waiting for a line
  for (;;) {
    const next = await Promise.race([lines.next(), ended]);
    if (next.done) return;
    yield next.value;
  }
}

/** A job that is there already: the operator decides what happens. */
function withChoice(error: unknown): unknown {
  if (!(error instanceof FaktoryError && / is in the store already; nothing/.test(error.message)))
    return error;
  const ways = '--skip-known leaves out such jobs, --again loads them a second time';
  return new FaktoryError(error.code, `${error.message}; ${ways}`, { cause: error });
}

/** Opens the file now: it may be one that only root can read. */
function open(file: string, input: NodeJS.ReadableStream): NodeJS.ReadableStream {
  if (file === '-') return input;
  try {
    return createReadStream(file, { fd: openSync(file, 'r') });
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

async function* linesOf(source: NodeJS.ReadableStream, file: string): AsyncGenerator<string> {
  const name = file === '-' ? 'standard input' : file;
  try {
    const input = Readable.from(unpacked(source));
    yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  } catch (cause) {
    throw unreadable(name, cause);
  }
}

/** The bytes as they are, or what gzip made them of. */
async function* unpacked(source: NodeJS.ReadableStream): AsyncGenerator<Buffer> {
  const chunks = source[Symbol.asyncIterator]() as AsyncIterator<Buffer | string>;
  let head = Buffer.alloc(0);
  for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
    head = Buffer.concat([head, Buffer.from(next.value)]);
    if (head.length >= GZIP.length) break;
  }
  const all = async function* (): AsyncGenerator<Buffer> {
    yield head;
    for (let next = await chunks.next(); !next.done; next = await chunks.next())
      yield Buffer.from(next.value);
  };
  if (!head.subarray(0, GZIP.length).equals(GZIP)) yield* all();
  else yield* pipeline(all, createGunzip(), () => undefined) as AsyncIterable<Buffer>;
}

function unreadable(file: string, cause: unknown): FaktoryError {
  const reason = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
  return new FaktoryError('NOT_FOUND', `${file} cannot be read (${reason}); is it the right file?`, {
    cause,
  });
}
