/** `faktory tail`: prints events of jobs as they happen, until Ctrl-C. */
import { type EventKind, eventKinds, FaktoryError, type JobEvent, type TailAsk } from '@faktory-ts/protocol';
import { type Call, command } from './command.ts';
import { type ServerFlag, serverFlags, withServer } from './connect.ts';
import { paint } from './table.ts';
import { fromNow, jsonText, listOf, plain } from './words.ts';

type Names = ServerFlag | 'kind' | 'queue' | 'type' | 'args' | 'json';

export const tail = command<Names>({
  name: 'tail',
  synopsis: '',
  describe: 'prints what happens to jobs, as it happens',
  flags: {
    ...serverFlags,
    kind: {
      alias: 'k',
      value: 'KINDS',
      describe: `only these kinds: ${eventKinds.join(', ')}; commas between several`,
    },
    queue: { alias: 'q', value: 'QUEUES', describe: 'in these queues' },
    type: { alias: 't', value: 'JOBTYPES', describe: 'of these jobtypes' },
    args: { describe: 'print the arguments too' },
    json: { describe: 'print each event as one line of JSON' },
  },
  async run(call) {
    const { terminal } = call;
    const ask = askOf(call);
    await withServer(call, async (server) => {
      let { next } = await server.tail(ask);
      terminal.note('waiting for events; Ctrl-C ends');
      while (!terminal.signal.aborted) {
        const told = await server.tail({ ...ask, after: next });
        next = told.next;
        if (told.missed) terminal.note('(too many events: some were skipped)');
        for (const event of told.events)
          terminal.print(call.on('json') ? jsonText(event) : lineOf(call, event));
      }
    }).catch((error: unknown) => {
      if (!terminal.signal.aborted) throw error;
    });
  },
});

function askOf(call: Call<Names>): TailAsk {
  const [kinds, queues, jobtypes] = [call.value('kind'), call.value('queue'), call.value('type')].map(listOf);
  const unknown = kinds?.find((kind) => !eventKinds.includes(kind as EventKind));
  if (unknown !== undefined)
    throw new FaktoryError('CONFIG', `--kind "${unknown}" is unknown; use ${eventKinds.join(', ')}`);
  return {
    args: call.on('args'),
    ...(kinds && { kinds: kinds as EventKind[] }),
    ...(queues && { queues }),
    ...(jobtypes && { jobtypes }),
  };
}

const colours: Partial<Record<EventKind, 'red' | 'yellow' | 'green'>> = {
  failed: 'yellow',
  dead: 'red',
  done: 'green',
};

function lineOf({ terminal }: Call, event: JobEvent): string {
  const { kind, at, jid, jobtype, queue, wid, due, error, set, count, args } = event;
  const told = [jid, jobtype, queue && `queue ${queue}`, wid && `worker ${wid}`, args, error];
  if (set !== undefined) told.push(`${count} of ${set}`);
  if (due !== undefined) told.push(`due ${fromNow(due)}`);
  const word = kind.padEnd(8);
  const colour = colours[kind];
  return `${at} ${colour ? paint(terminal, colour, word) : word} ${plain(told.filter(Boolean).join('  '))}`;
}
