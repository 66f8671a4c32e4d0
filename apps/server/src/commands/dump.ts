/**
 * `faktory dump | load`: writes the store as lines of JSON, and reads them. A dump may run beside a
 * running server; for a load it must be stopped.
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

const GZIP = Buffer.from([0x1f, 0x8b]); // first bytes of a gzip file

/** Prints the store. */
export const dump = command({
  name: 'dump',
  synopsis: '',
  describe: 'prints the store as lines of JSON: all jobs, queues and counters at one moment',
  flags: folderFlags,
  more: 'For example: faktory dump -d DIR | gzip >jobs.jsonl.gz. The format is in docs/dump.md.',
  run: (call) => call.terminal.printAll(folderOf(call).dump()),
});

/** Loads a dump. */
export const load = command<'dir' | 'skip-known' | 'again' | 'json'>({
  name: 'load',
  synopsis: 'FILE|-',
  describe: 'loads a dump into the store, completely or not at all; the server must be stopped',
  flags: {
    ...folderFlags,
    'skip-known': { describe: 'skip jobs whose jid is in the store' },
    again: { describe: 'load such jobs a second time' },
    json: { describe: 'print the result as JSON' },
  },
  words: [1, 1],
  more: 'Jobs in the store stay; loaded jobs come after them. - reads standard input. Files packed by gzip are unpacked.',
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
    const left = skipped > 0 ? `, ${skipped} skipped` : '';
    terminal.print(
      call.on('json')
        ? jsonText({ loaded: jobs, skipped })
        : `${counted(jobs, 'job')} loaded into ${folder.dir}${left}`,
    );
  },
});

/** Returns the lines; throws ABORTED at the first line after a signal, also while no line comes. */
async function* untilEnded(
  lines: AsyncGenerator<string>,
  source: NodeJS.ReadableStream,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const ended = new Promise<never>((_, reject) => {
    const end = (): void => {
      reject(new FaktoryError('ABORTED', 'ended by a signal'));
      (source as Readable).destroy(); // otherwise an open standard input keeps the process alive
    };
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
  });
  ended.catch(() => undefined); // prevents an unhandled rejection when no line is awaited
  for (;;) {
    const next = await Promise.race([lines.next(), ended]);
    if (next.done) return;
    yield next.value;
  }
}

/** Adds the flags to the error for a job that already exists: the operator decides. */
function withChoice(error: unknown): unknown {
  if (!(error instanceof FaktoryError && / is in the store already; nothing/.test(error.message)))
    return error;
  const ways = '--skip-known skips such jobs, --again loads them a second time';
  return new FaktoryError(error.code, `${error.message}; ${ways}`, { cause: error });
}

/** Opens the file now, because only root may be able to read it. */
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

/** The bytes of the source, unpacked when gzip packed them. */
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
