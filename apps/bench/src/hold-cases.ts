/**
 * The largest legal request of each verb and route, and the state of the server before it. This
 * file is long because it is one list of cases.
 */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { BareClient } from './bare-client.ts';

/** Hides one member of all arguments. */
const redact = '[web]\nredact = ["password"]\n';

/** What a case can use. */
interface Bench {
  readonly client: BareClient;
  /** Sends a request to the web server. */
  readonly page: (path: string, init?: RequestInit) => Promise<Response>;
  /** The address of the web server. */
  readonly web: string;
  /** Number of the run. */
  readonly count: number;
  /** Connects another client. */
  readonly open: () => Promise<BareClient>;
}

export interface HoldCase {
  readonly name: string;
  readonly flags?: readonly string[];
  /** TOML settings of the server. */
  readonly config?: string;
  /** Prepares the request; not measured. */
  prepare(bench: Bench): Promise<string>;
  /** Sends it; the answer is printed. */
  run(bench: Bench, request: string): Promise<string>;
}

const line = 8 * 1024 * 1024 - 1000; // bytes
let last = 0;
const jid = (): string => `bench-${String(++last).padStart(12, '0')}`;
const job = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  jid: jid(),
  jobtype: 'Bench',
  args: [1, 'two'],
  ...more,
});
const many = (count: number, make: (index: number) => unknown): string =>
  JSON.stringify(Array.from({ length: count }, (_, index) => make(index)));
const sendAll = async ({ client }: Bench, request: string): Promise<string> => client.ask(request);
const getText = async ({ page }: Bench, path: string): Promise<string> => (await page(path)).text();

const BEAT = 'BEAT {"wid":"bench-1"}';

/** Pushes `count` jobs, 5,000 a line. */
async function fill(
  { client }: Bench,
  count: number,
  more: (index: number) => Record<string, unknown>,
): Promise<void> {
  for (let from = 0; from < count; from += 5000) {
    await client.ask(`PUSHB ${many(Math.min(5000, count - from), (index) => job(more(from + index)))}`);
    if (from % 100_000 === 0) await client.ask(BEAT); // otherwise the server closes the connection
  }
}

/** Fetches jobs and returns their ids, for ACKB and similar verbs. */
async function hold(bench: Bench, count: number): Promise<{ jid: string; rid: string }[]> {
  await fill(bench, count, () => ({}));
  const held: { jid: string; rid: string }[] = [];
  while (held.length < count) {
    const answer = await bench.client.ask('FETCHB 1000 default');
    for (const { rid, job: taken } of JSON.parse(answer) as { rid: string; job: { jid: string } }[])
      held.push({ jid: taken.jid, rid });
  }
  return held;
}

const large = (bytes: number): Record<string, unknown> => ({ args: ['x'.repeat(bytes)] });
const later = new Date(Date.now() + 86_400_000).toISOString();

const pushes: HoldCase[] = [
  {
    name: 'PUSH of 8 MB in one text',
    prepare: async () => `PUSH ${JSON.stringify(job(large(line)))}`,
    run: sendAll,
  },
  {
    name: 'PUSH of 8 MB of small numbers',
    prepare: async () => `PUSH ${JSON.stringify(job({ args: [Array(line / 2).fill(1)] }))}`,
    run: sendAll,
  },
  {
    name: 'PUSH of 8 MB of small objects with spaces',
    prepare: async () =>
      `PUSH ${JSON.stringify(job({ args: ['?'] })).replace('"?"', `${'{ "a" : 1 }, '.repeat(line / 13 - 20)}1`)}`,
    run: sendAll,
  },
  {
    name: 'PUSH of 8 MB of text beyond ASCII',
    prepare: async () => `PUSH ${JSON.stringify(job({ args: ['é'.repeat(line / 2 - 100)] }))}`,
    run: sendAll,
  },
  {
    name: 'PUSHB of one job of 8 MB',
    prepare: async () => `PUSHB ${JSON.stringify([job({ args: [Array(line / 2).fill(1)] })])}`,
    run: sendAll,
  },
  { name: 'PUSHB of 10,000 jobs', prepare: async () => `PUSHB ${many(10_000, () => job())}`, run: sendAll },
  {
    name: 'PUSHB of 10,000 jobs of 700 bytes',
    prepare: async () => `PUSHB ${many(10_000, () => job(large(700)))}`,
    run: sendAll,
  },
  {
    name: 'PUSHB of 10,000 jobs, all refused',
    prepare: async () => `PUSHB ${many(10_000, () => job({ jobtype: '' }))}`,
    run: sendAll,
  },
  {
    name: 'PUSHB of 10,000 jobs to 10,000 new queues and jobtypes',
    prepare: async ({ count }) =>
      `PUSHB ${many(10_000, (index) => job({ queue: `q${count}-${index}`, jobtype: `T${count}-${index}` }))}`,
    run: sendAll,
  },
];

/** A line of the maximum length. */
const around = (before: string, repeated: string, after: string): string =>
  before + repeated.repeat((line - before.length - after.length) / Buffer.byteLength(repeated)) + after;

const pushOf8MB = (name: string, before: string, repeated: string, after: string): HoldCase => ({
  name: `PUSH of 8 MB of ${name}`,
  prepare: async () => around(`PUSH ${before.replace('JID', jid())}`, repeated, after),
  run: sendAll,
});

/** Lines of `count` connections, whose ends arrive together. */
const together = (name: string, count: number, make: () => string): HoldCase => ({
  name: `${count} ${name} of different connections in one moment`,
  prepare: async () => '',
  run: async ({ open }) => {
    const clients = await Promise.all(Array.from({ length: count }, () => open()));
    const lines = clients.map(make);
    const answers = await Promise.all(clients.map((client, index) => client.ask(lines[index] ?? '')));
    for (const client of clients) client.end();
    return answers.join(' ');
  },
});

/** Texts that cost a parser the most for each character. */
const strangePushes: HoldCase[] = [
  pushOf8MB('white space before the job', '', ' ', `{"jid":"bench-space","jobtype":"B","args":[]}`),
  pushOf8MB('white space in the arguments', '{"jid":"JID","jobtype":"B","args":[', ' ', ']}'),
  pushOf8MB('white space between fields', '{"jid":"JID","jobtype":"B",', ' ', '"args":[]}'),
  pushOf8MB('escapes in the arguments', '{"jid":"JID","jobtype":"B","args":["', '\\u0041', '"]}'),
  pushOf8MB('escapes in a name', '{"args":[],"jid":"JID","jobtype":"', '\\u0041', '"}'),
  pushOf8MB('lone surrogates', '{"jid":"JID","jobtype":"B","args":["', '\\ud800', '"]}'),
  pushOf8MB('escapes in a key', '{"jid":"JID","jobtype":"B","args":[],"', '\\u0041', '":1}'),
  pushOf8MB('digits', '{"jid":"JID","jobtype":"B","args":[', '1', ']}'),
  {
    name: 'PUSHB of 8 MB of white space',
    prepare: async () => around('PUSHB [', ' ', `{"jid":"${jid()}","jobtype":"B","args":[]}]`),
    run: sendAll,
  },
  together('PUSHB of 10,000 jobs', 20, () => `PUSHB ${many(10_000, () => job())}`),
  together(
    'PUSH of 500 kB of escapes',
    100,
    () => `PUSH {"jid":"${jid()}","jobtype":"B","args":["${'\\u0041'.repeat(85_000)}"]}`,
  ),
];

/** One job of 8 MB in a queue, or scheduled. */
async function pushOne({ client }: Bench, more: Record<string, unknown> = {}): Promise<string> {
  const pushed = job({ args: [Array(line / 2 - 50).fill(1)], ...more });
  await client.ask(`PUSH ${JSON.stringify(pushed)}`);
  return String(pushed.jid);
}

const afterOne = (
  name: string,
  request: (count: number) => string,
  more: Record<string, unknown> = {},
): HoldCase => ({
  name: `${name} of one job of 8 MB`,
  prepare: async (bench) => {
    await pushOne(bench, more);
    return request(bench.count);
  },
  run: sendAll,
});

const fetches: HoldCase[] = [
  afterOne('FETCH', () => 'FETCH default'),
  afterOne('FETCHB', () => 'FETCHB 10 default'),
  afterOne('CHANGE move', (count) => `CHANGE {"places":["scheduled"],"action":"move","queue":"q${count}"}`, {
    at: later,
  }),
  afterOne(
    'CHANGE prioritize',
    (count) => `CHANGE {"places":["scheduled"],"action":"prioritize","priority":${9 - count}}`,
    {
      at: later,
    },
  ),
  ...['FETCH beyond', 'FETCHB 10 beyond'].flatMap((request) =>
    ['é', '日'].map((letter) => ({
      name: `${request.slice(0, 6).trim()} of one job of 8 MB of ${letter}`,
      prepare: async ({ client }: Bench) => {
        const pushed = `PUSH ${JSON.stringify(job({ queue: 'beyond', args: ['?'] }))}`.split('?');
        await client.ask(around(pushed[0] ?? '', letter, pushed[1] ?? ''));
        return request;
      },
      run: sendAll,
    })),
  ),
  {
    name: '10 FETCH of jobs of 8 MB beyond ASCII by different connections in one moment',
    prepare: async ({ client }) => {
      for (let n = 0; n < 10; n++)
        await client.ask(
          `PUSH ${JSON.stringify(job({ queue: 'beyond', args: ['é'.repeat(line / 2 - 100)] }))}`,
        );
      return 'FETCH beyond';
    },
    run: async ({ open }, request) => {
      const clients = await Promise.all(Array.from({ length: 10 }, () => open()));
      const answers = await Promise.all(clients.map((client) => client.ask(request)));
      for (const client of clients) client.end();
      return answers.join(' ');
    },
  },
  {
    name: 'FETCHB 1000 of 60 jobs of 1 MB of text beyond ASCII',
    prepare: async (bench) => {
      for (let n = 0; n < 60; n++)
        await bench.client.ask(`PUSH ${JSON.stringify(job({ args: ['é'.repeat(500_000)] }))}`);
      return 'FETCHB 1000 default';
    },
    run: sendAll,
  },
  {
    name: 'FETCHB 1000 of jobs of 1 MB',
    prepare: async (bench) => {
      for (let n = 0; n < 60; n++) await bench.client.ask(`PUSH ${JSON.stringify(job(large(1_000_000)))}`);
      return 'FETCHB 1000 default';
    },
    run: sendAll,
  },
  {
    name: 'FETCHB 1000 of jobs of 2 kB',
    prepare: async (bench) => {
      await fill(bench, 1000, () => large(2000));
      return 'FETCHB 1000 default';
    },
    run: sendAll,
  },
  {
    name: 'FETCH with 8 MB of queues',
    prepare: async () => `FETCH ${'queue-that-is-none '.repeat(400_000)}`,
    run: sendAll,
  },
  {
    name: 'ACKB of 10,000',
    prepare: async (bench) => `ACKB ${JSON.stringify(await hold(bench, 10_000))}`,
    run: sendAll,
  },
  {
    name: 'FAILB of 10,000 with messages',
    prepare: async (bench) => {
      const held = await hold(bench, 10_000);
      const message = `could not reach "host" ${'a-1 '.repeat(100)}`;
      return `FAILB ${many(10_000, (index) => ({ ...held[index], errtype: 'E', message, backtrace: ['a', 'b'] }))}`;
    },
    run: sendAll,
  },
  {
    name: 'RELEASE of 10,000',
    prepare: async (bench) => `RELEASE ${JSON.stringify(await hold(bench, 10_000))}`,
    run: sendAll,
  },
  {
    name: 'EXTEND of 10,000',
    prepare: async (bench) => {
      const held = await hold(bench, 10_000);
      return `EXTEND ${many(10_000, (index) => ({ ...held[index], seconds: 86_400 }))}`;
    },
    run: sendAll,
  },
];

const operating: HoldCase[] = [
  {
    name: 'MUTATE discard of 300,000 jids',
    prepare: async (bench) => {
      await fill(bench, 1000, () => ({ at: later }));
      return `MUTATE {"cmd":"discard","target":"scheduled","filter":{"jids":${many(300_000, jid)}}}`;
    },
    run: sendAll,
  },
  {
    name: 'MUTATE clear of 100,000 jobs',
    prepare: async (bench) => {
      await fill(bench, 100_000, () => ({ at: later }));
      return 'MUTATE {"cmd":"clear","target":"scheduled"}';
    },
    run: sendAll,
  },
  {
    name: 'MUTATE with a pattern of classes over texts of 300 kB',
    prepare: async (bench) => {
      for (let n = 0; n < 20; n++)
        await bench.client.ask(
          `PUSH ${JSON.stringify(job({ ...large(0), args: ['a'.repeat(300_000)], at: later }))}`,
        );
      return `MUTATE {"cmd":"discard","target":"scheduled","filter":{"regexp":"*${'[a]'.repeat(300)}b*"}}`;
    },
    run: sendAll,
  },
  {
    name: 'QUEUE REMOVE of 200,000 jobs',
    prepare: async (bench) => {
      await fill(bench, 200_000, () => ({ queue: 'long' }));
      return 'QUEUE REMOVE long';
    },
    run: sendAll,
  },
  {
    name: 'FLUSH of 200,000 jobs',
    prepare: async (bench) => {
      await fill(bench, 200_000, () => ({}));
      return 'FLUSH';
    },
    run: sendAll,
  },
  {
    name: 'JOBS by 300,000 jids',
    prepare: async () => `JOBS {"jids":${many(300_000, jid)}}`,
    run: sendAll,
  },
  {
    name: 'JOBS, 1000 of 10 kB',
    prepare: async (bench) => {
      await fill(bench, 500, () => large(10_000));
      return 'JOBS {"limit":1000}';
    },
    run: sendAll,
  },
  {
    name: 'CHANGE move of 500 jobs of 1 MB',
    prepare: async (bench) => {
      for (let n = 0; n < 30; n++)
        await bench.client.ask(`PUSH ${JSON.stringify(job({ ...large(1_000_000), at: later }))}`);
      return `CHANGE {"places":["scheduled"],"action":"move","queue":"q${bench.count}","undo":"u${bench.count}"}`;
    },
    run: sendAll,
  },
  {
    name: 'CHANGE kill of 500 jobs, and the limit of dead',
    flags: [],
    prepare: async (bench) => {
      await fill(bench, 11_000, () => ({ at: later }));
      return 'CHANGE {"places":["scheduled"],"action":"kill"}';
    },
    run: sendAll,
  },
  {
    name: 'UNDO of 500 jobs of 10 kB',
    prepare: async (bench) => {
      await fill(bench, 500, () => ({ ...large(10_000), at: later }));
      const name = `undo-${bench.count}`;
      let cursor = '';
      do {
        const said = await bench.client.ask(
          `CHANGE {"places":["scheduled"],"action":"discard","undo":"${name}"${cursor && `,"cursor":"${cursor}"`}}`,
        );
        cursor = (JSON.parse(said) as { next?: string }).next ?? '';
      } while (cursor !== '');
      return `UNDO {"name":"${name}"}`;
    },
    run: sendAll,
  },
  {
    name: 'WORKERS with 10,000 jobs',
    prepare: async (bench) => {
      await hold(bench, 10_000);
      return 'WORKERS';
    },
    run: sendAll,
  },
  {
    name: 'TAIL of 500 events with arguments',
    prepare: async (bench) => {
      await bench.client.ask('TAIL {"args":true}');
      await fill(bench, 5000, () => large(900));
      return 'TAIL {"after":0,"args":true}';
    },
    run: sendAll,
  },
  {
    name: 'EXT with 8 MB of holding',
    prepare: async () =>
      `EXT {"v":1,"lease":true,"holding":${many(400_000, (index) => `${1_790_000_000_000_000 + index}`)}}`,
    run: sendAll,
  },
  {
    name: 'BEAT of 8 MB',
    prepare: async () => `BEAT {"wid":"bench-1","x":"${'x'.repeat(line)}"}`,
    run: sendAll,
  },
];

/** 10,000 queues of ten jobs. */
const queues = async (bench: Bench): Promise<void> => {
  if (bench.count === 0)
    await fill(bench, 20_000, (index) => ({ queue: `queue-${index % 10_000}`, jobtype: `T${index % 200}` }));
};

/** `before` is sent first, so that each run finds something to do. */
const beside10000 = (name: string, request: string, run = sendAll, before?: string): HoldCase => ({
  name: `${name}, 10,000 queues`,
  prepare: async (bench) => {
    await queues(bench);
    if (before !== undefined) await bench.client.ask(before);
    return request;
  },
  run,
});

/**
 * Many clients send the request at the same moment, each several times; `even` and `odd` ones may
 * differ.
 */
const crowd = (
  name: string,
  count: number,
  request: string,
  odd = request,
  ask = (client: BareClient, line: string) => client.ask(line),
): HoldCase =>
  beside10000(`${count} ${name} in one moment`, request, async ({ open }) => {
    const clients = await Promise.all(Array.from({ length: count }, () => open()));
    const answers = await Promise.all(
      clients.map((client, index) => ask(client, index % 2 === 0 ? request : odd)),
    );
    for (const client of clients) client.end();
    return answers.join(' ');
  });

const latencyOf990 = `QUEUE LATENCY ${Array.from({ length: 990 }, (_, n) => `queue-${n}`).join(' ')}`;

const wide: HoldCase[] = [
  crowd('INFO', 100, 'INFO'),
  crowd('QUEUES', 60, 'QUEUES'),
  crowd('QUEUE LATENCY of 990 names', 100, latencyOf990),
  crowd('QUEUE PAUSE * and RESUME *', 100, 'QUEUE PAUSE *', 'QUEUE RESUME *'),
  crowd(
    'MUTATE of 9,999 jids',
    20,
    `MUTATE {"cmd":"kill","target":"scheduled","filter":{"jids":${many(9999, jid)}}}`,
  ),
  crowd('times 500 unknown commands', 100, 'BLAH', 'BLAH', async (client, line) => {
    const answers = await Promise.all(Array.from({ length: 500 }, () => client.ask(line)));
    return answers[0] ?? '';
  }),
  {
    name: '20 MUTATE of 9,999 jids that are there, on one connection',
    prepare: async (bench) => {
      const first = last + 1;
      await fill(bench, 9_999, () => ({ at: later }));
      const jids = many(9_999, (index) => `bench-${String(first + index).padStart(12, '0')}`);
      return `MUTATE {"cmd":"kill","target":"scheduled","filter":{"jids":${jids}}}`;
    },
    run: async ({ client }, request) =>
      (await Promise.all(Array.from({ length: 20 }, () => client.ask(request)))).join(' '),
  },
  {
    name: '1,500 JOBS of 1,000 jobs that nobody reads, on 50 connections',
    prepare: async (bench) => {
      if (bench.count === 0) await fill(bench, 5_000, () => ({ ...large(500), at: later }));
      return 'JOBS {"limit":1000}';
    },
    run: async (bench, request) => {
      const clients = await Promise.all(Array.from({ length: 50 }, () => bench.open()));
      for (const client of clients) client.send(request, 30);
      for (let n = 0; n < 200; n++) await bench.client.ask(BEAT);
      const said = await bench.client.ask(request);
      for (const client of clients) client.end();
      return said;
    },
  },
  beside10000('300 GET /health', '/health', async ({ page }, path) => {
    const answers = await Promise.all(Array.from({ length: 300 }, async () => (await page(path)).text()));
    return answers[0] ?? '';
  }),
  beside10000('100 GET /stats', '/stats', async ({ page }, path) => {
    const answers = await Promise.all(Array.from({ length: 100 }, async () => (await page(path)).text()));
    return answers[0] ?? '';
  }),
  beside10000('INFO', 'INFO'),
  beside10000('QUEUES', 'QUEUES'),
  beside10000(
    'QUEUE LATENCY *',
    `QUEUE LATENCY ${Array.from({ length: 10_000 }, (_, n) => `queue-${n}`).join(' ')}`,
  ),
  beside10000('QUEUE PAUSE *', 'QUEUE PAUSE *', sendAll, 'QUEUE RESUME *'),
  beside10000('QUEUE RESUME *', 'QUEUE RESUME *', sendAll, 'QUEUE PAUSE *'),
  beside10000('JOBS', 'JOBS {"limit":1000}'),
  beside10000(
    'FETCHB of all queues',
    `FETCHB 1000 ${Array.from({ length: 10_000 }, (_, n) => `queue-${n}`).join(' ')}`,
  ),
  ...[
    '/metrics',
    '/stats',
    '/api/queues',
    '/api/jobs?limit=1000',
    '/api/jobtypes',
    '/api/history?span=24h',
    '/api/kinds',
    '/api/errors',
    '/api/workers',
    '/api/about',
    '/api/clients',
    '/api/undo',
    '/api/live?topics=stats&topics=queues&topics=workers&topics=attention',
    '/health',
  ].map((path) => beside10000(`GET ${path}`, path, getText)),
];

const held1000 = (
  name: string,
  request: (held: readonly { jid: string; rid: string }[]) => string,
): HoldCase => ({
  name,
  prepare: async (bench) => request(await hold(bench, 1000)),
  run: sendAll,
});
const json = { 'content-type': 'application/json' };

/** Pushes large jobs, one a line. Their pages in the file were used before, as in an old file. */
async function fillLarge(
  bench: Bench,
  count: number,
  bytes: number,
  more: Record<string, unknown> = {},
): Promise<void> {
  const { client } = bench;
  const push = async (fields: Record<string, unknown>): Promise<void> => {
    await client.ask(`PUSH ${JSON.stringify(job({ ...large(bytes), ...fields }))}`);
    await client.ask(BEAT); // on a busy machine all of it takes more than a minute
  };
  if (bench.count === 0) {
    for (let n = 0; n < count; n++) await push({});
    await client.ask('FLUSH');
  }
  for (let n = 0; n < count; n++) await push(more);
}

/** Fetches large jobs and returns their ids. */
async function holdLarge(
  bench: Bench,
  count: number,
  bytes: number,
): Promise<{ jid: string; rid: string }[]> {
  await fillLarge(bench, count, bytes);
  const held: { jid: string; rid: string }[] = [];
  while (held.length < count) {
    await bench.client.ask(BEAT);
    const answer = await bench.client.ask('FETCHB 1000 default');
    for (const { rid, job: taken } of JSON.parse(answer) as { rid: string; job: { jid: string } }[])
      held.push({ jid: taken.jid, rid });
  }
  return held;
}

const mutateLarge = (cmd: string, more: Record<string, unknown> = { at: later }): HoldCase => ({
  name: `MUTATE ${cmd} of 30 jobs of 8 MB`,
  prepare: async (bench) => {
    await fillLarge(bench, 30, line - 200, more);
    return `MUTATE {"cmd":"${cmd}","target":"scheduled","filter":{}}`;
  },
  run: sendAll,
});

/** Few jobs of many bytes, because limits by number do not limit bytes. */
const fewLarge: HoldCase[] = [
  {
    name: 'FLUSH of 30 jobs of 8 MB',
    prepare: async (bench) => {
      await fillLarge(bench, 30, line - 200);
      return 'FLUSH';
    },
    run: sendAll,
  },
  {
    name: 'FLUSH of 500,000 jobs',
    prepare: async (bench) => {
      await fill(bench, 500_000, () => ({}));
      return 'FLUSH';
    },
    run: sendAll,
  },
  {
    name: 'ACKB of 30 jobs of 8 MB',
    prepare: async (bench) => `ACKB ${JSON.stringify(await holdLarge(bench, 30, line - 200))}`,
    run: sendAll,
  },
  {
    name: 'RELEASE of 30 jobs of 8 MB',
    prepare: async (bench) => `RELEASE ${JSON.stringify(await holdLarge(bench, 30, line - 200))}`,
    run: async (bench, request) => {
      const said = await sendAll(bench, request);
      await sendAll(bench, 'FLUSH');
      return said;
    },
  },
  {
    name: 'FAILB of 30 jobs of 8 MB',
    prepare: async (bench) => {
      const held = await holdLarge(bench, 30, line - 200);
      return `FAILB ${JSON.stringify(held.map((each) => ({ ...each, errtype: 'E', message: 'm' })))}`;
    },
    run: sendAll,
  },
  {
    name: 'FAILB of 240 jobs of 1 MB',
    prepare: async (bench) => {
      const held = await holdLarge(bench, 240, 1_000_000);
      return `FAILB ${JSON.stringify(held.map((each) => ({ ...each, errtype: 'E', message: 'm' })))}`;
    },
    run: sendAll,
  },
  mutateLarge('discard'),
  mutateLarge('kill'),
  mutateLarge('requeue'),
  {
    name: 'promotion of 30 due jobs of 8 MB',
    prepare: async (bench) => {
      await fillLarge(bench, 30, line - 200, { at: later });
      return '';
    },
    run: async (bench) => {
      const moved = `CHANGE {"places":["scheduled"],"action":"schedule","at":"${new Date(Date.now() + 200).toISOString()}"`;
      for (let next: string | undefined = ''; next !== undefined; ) {
        const said = JSON.parse(await bench.client.ask(`${moved}${next && `,"cursor":"${next}"`}}`));
        ({ next } = said as { next?: string });
      }
      for (let left = 1; left > 0; ) {
        const { total } = JSON.parse(
          await bench.client.ask('JOBS {"places":["scheduled"],"limit":1,"jobtypes":["none"]}'),
        ) as { total: number };
        left = total;
      }
      return sendAll(bench, 'FLUSH');
    },
  },
  {
    name: 'UNDO of 30 jobs of 8 MB',
    prepare: async (bench) => {
      await fillLarge(bench, 30, line - 200, { at: later });
      const name = `undo-large-${bench.count}`;
      let cursor = '';
      do {
        const said = await bench.client.ask(
          `CHANGE {"places":["scheduled"],"action":"discard","undo":"${name}"${cursor && `,"cursor":"${cursor}"`}}`,
        );
        cursor = (JSON.parse(said) as { next?: string }).next ?? '';
      } while (cursor !== '');
      return `UNDO {"name":"${name}"}`;
    },
    run: sendAll,
  },
];

const failOf8MB = (name: string, before: string, repeated: string, after: string): HoldCase => ({
  name: `FAIL of 8 MB of ${name}`,
  prepare: async (bench) => {
    const [held] = await hold(bench, 1);
    return around(`FAIL {"jid":"${held?.jid}",${before}`, repeated, after);
  },
  run: sendAll,
});

const fails: HoldCase[] = [
  failOf8MB('one line of a backtrace', '"backtrace":["', 'x', '"]}'),
  failOf8MB('text beyond ASCII in a backtrace', '"backtrace":["', 'é', '"]}'),
  failOf8MB('short lines of a backtrace', '"backtrace":["a"', ',"a"', ']}'),
  failOf8MB('nulls in a backtrace', '"backtrace":[null', ',null', ']}'),
  failOf8MB('white space in the message', '"message":"', ' ', '"}'),
  failOf8MB('escapes in the message', '"message":"', '\\u0041', '"}'),
  failOf8MB('white space between fields', '', ' ', '"message":"m"}'),
  failOf8MB('an unknown field', '"other":[1', ',1', ']}'),
];

/** Requests that clients send repeatedly, at their largest. */
const repeated: HoldCase[] = [
  held1000('FAILB of 1,000 large entries', (held) => {
    const [message, backtrace] = [`not reached: ${'a-1 '.repeat(700)}`, Array(40).fill('at here'.repeat(15))];
    return `FAILB ${JSON.stringify(held.map((each) => ({ ...each, errtype: 'E', message, backtrace })))}`;
  }),
  held1000(
    'EXTEND of 1,000',
    (held) => `EXTEND ${JSON.stringify(held.map((each) => ({ ...each, seconds: 86_400 })))}`,
  ),
  {
    name: 'BEAT beside 1,000 reservations with a lease',
    prepare: async (bench) => {
      if (bench.count === 0) await bench.client.ask('EXT {"v":1,"lease":true}');
      await hold(bench, 1000);
      return 'BEAT {"wid":"bench-1","rss_kb":1}';
    },
    run: sendAll,
  },
  {
    name: 'FAIL of a job with 700,000 keys',
    prepare: async ({ client }) => {
      const keys = Array.from({ length: 700_000 }, (_, index) => `"${index}":1`).join(',');
      const { jid: name } = job();
      await client.ask(`PUSH {"jid":"${String(name)}","jobtype":"Bench","queue":"keys","args":[{${keys}}]}`);
      await client.ask('FETCH keys');
      return `FAIL {"jid":"${String(name)}","errtype":"E","message":"m"}`;
    },
    run: sendAll,
  },
];

/** Waits for the first update of all topics. */
async function subscribed(address: string): Promise<string> {
  const socket = new WebSocket(`${address.replace('http', 'ws')}/api/live`);
  try {
    await once(socket, 'open');
    socket.send('{"topics":["stats","attention","queues","workers"]}');
    for (;;) {
      const [data] = (await once(socket, 'message')) as [Buffer];
      const update = data.toString();
      if ((JSON.parse(update) as { queues?: unknown }).queues !== undefined) return update;
    }
  } finally {
    socket.terminate();
  }
}

const web: HoldCase[] = [
  {
    name: 'WebSocket of all topics, 10,000 queues',
    prepare: async (bench) => {
      await queues(bench);
      return '';
    },
    run: ({ web: address }) => subscribed(address),
  },
  {
    name: 'POST /api/jobs/change, a discard of 500 jobs of 10 kB',
    prepare: async (bench) => {
      await fill(bench, 500, () => ({ ...large(10_000), at: later }));
      return JSON.stringify({ places: ['scheduled'], action: 'discard', undo: `web-${bench.count}` });
    },
    run: async ({ page }, body) =>
      (await page('/api/jobs/change', { method: 'POST', body, headers: json })).text(),
  },
  {
    name: 'GET /api/jobs, 1,000 of 2 kB with hidden values',
    config: redact,
    prepare: async (bench) => {
      await fill(bench, 1000, () => ({ args: [{ password: 'x'.repeat(1000), other: 'y'.repeat(1000) }] }));
      return '/api/jobs?limit=1000';
    },
    run: getText,
  },
  {
    name: 'POST /api/jobs of 1 MB',
    prepare: async () => JSON.stringify(job(large(1_000_000))),
    run: async ({ page }, body) =>
      (
        await page('/api/jobs', { method: 'POST', body, headers: { 'content-type': 'application/json' } })
      ).text(),
  },
  ...[
    ['small numbers', '', '1,', '1'],
    ['white space', '', ' ', ''],
    ['text beyond ASCII', '"', 'é', '"'],
  ].map(([name = '', open = '', repeated = '', close = '']) => ({
    name: `POST /api/jobs of 8 MB of ${name}`,
    prepare: async () => around(`{"jid":"${jid()}","jobtype":"B","args":[${open}`, repeated, `${close}]}`),
    run: async ({ page }: Bench, body: string) =>
      (await page('/api/jobs', { method: 'POST', body, headers: json })).text(),
  })),
  {
    name: 'GET /api/jobs/:jid of 8 MB',
    prepare: async (bench) => `/api/jobs/${await pushOne(bench, { at: later })}`,
    run: getText,
  },
  {
    name: 'GET /api/jobs/:jid of 8 MB with hidden values',
    config: redact,
    prepare: async ({ client }) => {
      const pushed = job({ args: [Array(line / 4).fill(12)] });
      await client.ask(`PUSH ${JSON.stringify(pushed)}`);
      return `/api/jobs/${String(pushed.jid)}`;
    },
    run: getText,
  },
];

/** All cases. */
export const holdCases: readonly HoldCase[] = [
  ...pushes,
  ...strangePushes,
  ...fetches,
  ...fails,
  ...repeated,
  ...operating,
  ...fewLarge,
  ...wide,
  ...web,
];
