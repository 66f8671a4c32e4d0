/**
 * `faktory push`: pushes one job and prints its jid. Arguments and custom are sent exactly as
 * typed: numbers keep their digits, because workers in other languages have integers that
 * JavaScript lacks.
 */
import { compactJson, FaktoryError, jsonString, newJid } from '@faktory-ts/protocol';
import { type Call, command } from './command.ts';
import { serverFlags, withServer } from './connect.ts';
import { plain, queueNamed, readNumber, readTime, safeJson } from './words.ts';

const LEAST_JID = 8; // characters; every Faktory refuses shorter jids

export const push = command({
  name: 'push',
  synopsis: "JOBTYPE ['[ARGS]']",
  describe: 'pushes a job and prints its jid',
  flags: {
    ...serverFlags,
    queue: { alias: 'q', value: 'QUEUE', describe: 'queue of the job', normal: 'default' },
    at: { value: 'TIME', describe: 'due time: 2026-11-25T16:00:00Z, or 15m, 2h, 3d from now', normal: 'now' },
    priority: { value: 'NUMBER', describe: '1 to 9; 9 is handed out first', normal: '5' },
    retry: {
      value: 'NUMBER',
      describe:
        'retries after failures; 0: none, a failed job is deleted; -1: none, a failed job moves to dead',
      normal: '25',
    },
    'reserve-for': { value: 'SECONDS', describe: 'how long a worker may run it', normal: '1800' },
    jid: { value: 'JID', describe: 'id of the job, 8 characters or more', normal: 'a random one' },
    custom: { value: 'JSON', describe: 'an object for middleware' },
    json: { describe: 'print the job as JSON' },
  },
  words: [1, 2],
  more: `The arguments are a JSON array:

  faktory push SendEmail '["ann@example.com", 7]' --queue mail --at 15m`,
  async run(call) {
    const [jobtype = '', args = '[]'] = call.words;
    const jid = call.value('jid') ?? newJid();
    if (Buffer.byteLength(jid) < LEAST_JID)
      throw new FaktoryError(
        'CONFIG',
        `--jid: "${plain(jid)}" is too short; give ${LEAST_JID} characters or more`,
      );
    const fields: [string, string | number | undefined][] = [
      ['jid', jsonString(jid)],
      ['queue', queueIn(call)],
      ['jobtype', jsonString(jobtype)],
      ['args', typedJson(args, 'the arguments', 'array')],
      ['priority', numberIn(call, 'priority', 1, 9)],
      ['retry', numberIn(call, 'retry', -1, 1_000_000)],
      ['reserve_for', numberIn(call, 'reserve-for', 60, 86_400)],
      ['at', timeIn(call)],
      ['custom', typedJson(call.value('custom'), '--custom', 'object')],
    ];
    const given = fields.filter(([, value]) => value !== undefined);
    const text = `{${given.map(([name, value]) => `"${name}":${value}`).join(',')}}`;
    await withServer(call, (server) => server.push(jid, text));
    call.terminal.print(call.on('json') ? safeJson(text) : jid);
  },
});

function queueIn(call: Call<'queue'>): string | undefined {
  const queue = call.value('queue');
  return queue === undefined ? undefined : jsonString(queueNamed('queue', queue));
}

function numberIn(
  call: Call<'priority' | 'retry' | 'reserve-for'>,
  flag: 'priority' | 'retry' | 'reserve-for',
  least: number,
  most: number,
): number | undefined {
  const value = call.value(flag);
  return value === undefined ? undefined : readNumber(flag, value, least, most);
}

function timeIn(call: Call<'at'>): string | undefined {
  const value = call.value('at');
  return value === undefined ? undefined : jsonString(readTime('at', value));
}

const shapes = {
  array: { opens: '[', example: `'["ann@example.com", 7]'` },
  object: { opens: '{', example: `'{"trace": "a1"}'` },
} as const;

/** The typed JSON on one line, otherwise unchanged. */
function typedJson(text: string | undefined, what: string, shape: keyof typeof shapes): string | undefined {
  if (text === undefined) return undefined;
  const { opens, example } = shapes[shape];
  let tight: string;
  try {
    tight = compactJson(text);
  } catch (cause) {
    const reason = (cause as FaktoryError).message;
    const hint = `put the JSON into quotes, such as ${example}`;
    throw new FaktoryError('CONFIG', `${what} cannot be read as JSON: ${reason}; ${hint}`, { cause });
  }
  if (tight.startsWith(opens)) return tight;
  throw new FaktoryError('CONFIG', `${what} must be a JSON ${shape}, such as ${example}`);
}
