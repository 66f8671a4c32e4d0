/* `faktory push`: one job, from the command line. Prints its jid. */
import { FaktoryError, type Job, newJid } from '@faktory-ts/protocol';
import { command } from './command.ts';
import { serverFlags, withServer } from './connect.ts';
import { jsonText, readNumber, readTime } from './words.ts';

export const push = command({
  name: 'push',
  synopsis: "JOBTYPE ['[ARGS]']",
  describe: 'pushes a job and prints its jid',
  flags: {
    ...serverFlags,
    queue: { alias: 'q', value: 'QUEUE', describe: 'where it waits', normal: 'default' },
    at: { value: 'TIME', describe: 'when: 2026-11-25T16:00:00Z, or 15m, 2h, 3d from now', normal: 'now' },
    priority: { value: 'NUMBER', describe: '1 to 9; 9 is handed out first', normal: '5' },
    retry: { value: 'NUMBER', describe: 'how often it is tried again', normal: '25' },
    'reserve-for': { value: 'SECONDS', describe: 'how long a worker may take', normal: '1800' },
    jid: { value: 'JID', describe: 'its name, 8 characters or more', normal: 'a random one' },
    custom: { value: 'JSON', describe: 'an object for middleware' },
    json: { describe: 'print the job as JSON' },
  },
  words: [1, 2],
  more: `The arguments are a JSON array:

  faktory push SendEmail '["ann@example.com", 7]' --queue mail --at 15m`,
  async run(call) {
    const [jobtype = '', args = '[]'] = call.words;
    const job: Job = { jid: call.value('jid') ?? newJid(), jobtype, args: listIn(args) };
    const [queue, at, priority, retry] = [
      call.value('queue'),
      call.value('at'),
      call.value('priority'),
      call.value('retry'),
    ];
    const [reserve, custom] = [call.value('reserve-for'), call.value('custom')];
    if (queue !== undefined) job.queue = queue;
    if (at !== undefined) job.at = readTime('at', at);
    if (priority !== undefined) job.priority = readNumber('priority', priority, 1, 9);
    if (retry !== undefined) job.retry = readNumber('retry', retry, 0, 1_000_000);
    if (reserve !== undefined) job.reserve_for = readNumber('reserve-for', reserve, 60, 86_400);
    if (custom !== undefined) job.custom = read(custom, '--custom') as Record<string, unknown>;
    await withServer(call, (server) => server.push(job));
    call.terminal.print(call.on('json') ? jsonText(job) : job.jid);
  },
});

function listIn(text: string): unknown[] {
  const value = read(text, 'the arguments');
  if (Array.isArray(value)) return value;
  throw new FaktoryError('CONFIG', `the arguments must be a JSON array: '[${text}]'`);
}

function read(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const hint = `put them into quotes, as '["ann@example.com", 7]'`;
    throw new FaktoryError('CONFIG', `${what} cannot be read as JSON: ${(cause as Error).message}; ${hint}`, {
      cause,
    });
  }
}
