/**
 * Bad input: JSON that is deep, huge, doubled or poisoned, and verbs without their payload. Each is answered in words,
 * the connection lives on, others are served, and nothing accepted is lost.
 */
import { expect, test } from 'vitest';
import { connected, greeted, running } from './running.ts';
import { pushLine } from './wire-client.ts';
import { witnessed } from './witness.ts';

const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
const deepObject = (levels: number): string => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;

test.each<[string, string]>([
  ['the args of a PUSH', `PUSH {"jid":"deep-0001","jobtype":"T","args":${deep(100_000)}}`],
  [
    'the custom of a PUSH',
    `PUSH {"jid":"deep-0001","jobtype":"T","args":[],"custom":${deepObject(100_000)}}`,
  ],
  ['an unknown field of a PUSH', `PUSH {"jid":"deep-0001","jobtype":"T","args":[],"x":${deep(100_000)}}`],
  ['a PUSH that never closes', `PUSH ${'{"a":'.repeat(100_000)}`],
  ['a PUSHB', `PUSHB ${deep(100_000)}`],
  ['an ACK', `ACK ${deep(100_000)}`],
  ['a FAIL', `FAIL {"jid":"deep-0001","x":${'['.repeat(100_000)}`],
  ['a BEAT', `BEAT ${deepObject(100_000)}`],
  ['a MUTATE', `MUTATE {"cmd":"clear","target":"dead","filter":${'['.repeat(100_000)}`],
])('100,000 levels in %s are refused in words', async (_, line) => {
  const { server, unharmed } = await witnessed();
  const client = await greeted(server);
  const said = await client.ask(line);
  expect(said).toMatch(/^-ERR (invalid|jobs must|unknown)/);
  expect(said.length).toBeLessThan(500);
  await client.push('lives-on1');
  await unharmed(1);
});

const members = Array.from({ length: 20_000 }, (_, n) => `"z${n}":1`).join(',');

test.each<[string, string]>([
  ['a PUSH', `PUSH {"jid":"wide-0001","jobtype":"T","args":[],${members}}`],
  ['a FAIL', `FAIL {"jid":"wide-0001",${members}}`],
  ['a FAILB', `FAILB [{"jid":"wide-0001","rid":"1","x":{${members}}}]`],
  ['a BEAT', `BEAT {"wid":"w",${members}}`],
  ['a MUTATE', `MUTATE {"cmd":"clear","target":"dead","filter":{${members}}}`],
])('20,000 members in %s are refused in words that say what to do', async (_, line) => {
  const { server, unharmed } = await witnessed();
  const client = await greeted(server, 'w');
  await client.ask('EXT {"v":1}');
  expect(await client.ask(line)).toMatch(/more than 10?000 members; send only those that the command knows/);
  await client.push('lives-on1');
  await unharmed(1);
});

test('100,000 levels in HELLO are closed without a word', async () => {
  const { server, unharmed } = await witnessed();
  const client = await connected(server);
  await client.line();
  client.send(`HELLO {"v":2,"x":${'['.repeat(20_000)}`);
  expect(await client.line()).toBe('(closed)');
  await unharmed();
});

test('5,000 levels are a job like any other', async () => {
  const { server, unharmed } = await witnessed();
  const client = await greeted(server);
  expect(await client.ask(`PUSH {"jid":"deep-0001","jobtype":"T","args":${deep(5000)}}`)).toBe('+OK');
  expect(await client.ask('FETCH default')).toContain(`"args":${deep(5000)}`);
  await unharmed(1);
});

const digits = '9'.repeat(400);

test('huge numbers in args and custom come out as they went in', async () => {
  const { server, unharmed } = await witnessed();
  const client = await greeted(server);
  const args = `[1e400,-1E+400,${digits},0.${digits},1e-${digits}]`;
  expect(
    await client.ask(`PUSH {"jid":"huge-0001","jobtype":"T","args":${args},"custom":{"n":${digits}}}`),
  ).toBe('+OK');
  const job = await client.ask('FETCH default');
  expect(job).toContain(`"args":${args}`);
  expect(job).toContain(`"custom":{"n":${digits}}`);
  await unharmed(1);
});

test.each(['retry', 'priority', 'reserve_for', 'backtrace'])(
  'huge numbers as %s are refused in words',
  async (field) => {
    const { server, unharmed } = await witnessed();
    const client = await greeted(server);
    for (const number of ['1e400', digits, `-${digits}`, '1e3', '0.5', '9223372036854775808']) {
      expect(
        await client.ask(`PUSH {"jid":"huge-0001","jobtype":"T","args":[],"${field}":${number}}`),
      ).toMatch(/^-ERR /);
    }
    await unharmed();
  },
);

test('huge numbers in a BEAT, a HELLO and a failure harm nobody', async () => {
  const { server, unharmed } = await witnessed();
  const worker = await greeted(server, 'w1');
  for (const number of ['1e400', digits, '-1e400']) {
    expect(await worker.ask(`BEAT {"wid":"w1","rss_kb":${number}}`)).toMatch(/^(\+OK|-ERR invalid BEAT)/);
    const client = await connected(server);
    await client.line();
    client.send(`HELLO {"v":2,"pid":${number}}`);
    expect(['+OK', '(closed)']).toContain(await client.line());
  }
  const failure = `{"retry_count":${digits},"remaining":1e400,"failed_at":"x"}`;
  const said = await worker.ask(`PUSH {"jid":"huge-0001","jobtype":"T","args":[],"failure":${failure}}`);
  expect(said).toMatch(/^(\+OK|-ERR )/);
  if (said === '+OK') expect(await worker.fetch()).toBe('huge-0001');
  if (said === '+OK') expect(await worker.ask('FAIL {"jid":"huge-0001"}')).toBe('+OK');
  await worker.ask('MUTATE {"cmd":"clear","target":"dead"}');
  await worker.ask('MUTATE {"cmd":"clear","target":"retries"}');
  await unharmed();
});

test('an `at` of the year 9999 waits; one beyond the calendar is refused', async () => {
  const { server, unharmed } = await witnessed();
  const client = await greeted(server);
  await client.push('later-001', { at: '9999-12-31T23:59:59Z' });
  for (const at of [
    '99999-01-01T00:00:00Z',
    '2026-02-30T00:00:00Z',
    '2026-01-01T25:00:00Z',
    `2026-01-01T00:00:00.${digits}`,
  ]) {
    expect(await client.ask(pushLine('later-002', { at }))).toMatch(/^-ERR invalid timestamp for 'at'/);
  }
  await unharmed(1);
});

test('of two equal keys the last wins', async () => {
  const { server, unharmed } = await witnessed();
  const client = await greeted(server);
  const twice =
    '"jid":"double-01","queue":"a","queue":"b","args":[1],"args":[2],"jid":"double-02","jobtype":"A","jobtype":"B"';
  expect(await client.ask(`PUSH {${twice}}`)).toBe('+OK');
  expect(await client.json('FETCH a b')).toMatchObject({
    jid: 'double-02',
    queue: 'b',
    jobtype: 'B',
    args: [2],
  });
  expect(await client.ask('ACK {"jid":"double-01","jid":"double-02"}')).toBe('+OK');
  expect((await server.info()).faktory.sets.working).toBe(0);
  await unharmed();
});

test('__proto__ keys poison nothing: dropped as a field, kept as the client’s own value', async () => {
  const { server, unharmed } = await witnessed();
  const client = await greeted(server, 'w1');
  const own = '{"__proto__":{"retry":0,"polluted":1},"constructor":{"prototype":{"polluted":1}}}';
  const line = `PUSH {"__proto__":{"queue":"evil","jid":"x"},"jid":"proto-001","jobtype":"T","args":[${own}],"custom":${own}}`;
  expect(await client.ask(line)).toBe('+OK');
  const job = await client.ask('FETCH default');
  expect(job).toContain(`"args":[${own}]`);
  expect(job).toContain(`"custom":${own}`);
  expect(JSON.parse(job.slice(2))).toMatchObject({ jid: 'proto-001', retry: 25, queue: 'default' });
  expect(await client.ask('FAIL {"__proto__":{"message":"evil"},"jid":"proto-001"}')).toBe('+OK');
  expect(
    await client.ask(
      'MUTATE {"__proto__":{"cmd":"clear"},"cmd":"discard","target":"retries","filter":{"__proto__":{"jids":["x"]}}}',
    ),
  ).toBe('+OK');
  expect((await server.info()).faktory.sets.retries).toBe(0);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  await unharmed();
});

test.each(['__proto__', 'constructor', 'hasOwnProperty', 'toString'])(
  '%s is a jid, a queue, a wid and a jobtype like any other',
  async (name) => {
    const { server, unharmed } = await witnessed();
    const client = await greeted(server, name);
    expect(await client.ask(`BEAT {"wid":"${name}"}`)).toBe('+OK');
    await client.push(name, { queue: name, jobtype: name });
    expect(Object.entries((await server.info()).faktory.queues)).toContainEqual([name, 1]);
    expect(await client.ask(`QUEUE LATENCY ${name}`)).toMatch(new RegExp(`^\\$ \\{"${name}":[\\d.]+\\}$`));
    expect(await client.fetch(name)).toBe(name);
    expect(await client.ask(`ACK {"jid":"${name}"}`)).toBe('+OK');
    expect(await client.ask(`PUSHB [{"jid":"${name}"}]`)).toBe(
      `$ {"${name}":"jobs must have a jobtype parameter"}`,
    );
    await unharmed();
  },
);

test('a verb without its payload is told what it lacks, and the connection lives on', async () => {
  const server = await running();
  const client = await greeted(server);
  const verbs = [
    'PUSH',
    'PUSHB',
    'ACK',
    'FAIL',
    'BEAT',
    'QUEUE',
    'QUEUE PAUSE',
    'QUEUE RESUME',
    'QUEUE REMOVE',
    'MUTATE',
    'FETCH',
    'BATCH',
    'TRACK',
  ];
  for (const verb of verbs) {
    for (const line of [verb, `${verb} `, `${verb}  `, `${verb} \t`]) {
      if (/^(FETCH |QUEUE (PAUSE|RESUME|REMOVE) )/.test(line)) continue; // a name that happens to be blank
      const said = await client.ask(line);
      expect(said, line).toMatch(/^-ERR \S/);
      expect(said, line).not.toMatch(/internal error|undefined|\[object/);
    }
  }
  await client.push('lives-on1');
});

test('an error quotes no more than a little of a large payload, and never a line break', async () => {
  const client = await greeted(await running());
  for (const verb of ['ACK', 'FAIL', 'BEAT', 'QUEUE', 'MUTATE', 'PUSH', 'NOPE']) {
    const said = await client.ask(`${verb} ${'y'.repeat(500_000)}`);
    expect(said).toMatch(/^-ERR /);
    expect(said.length).toBeLessThan(1000);
  }
  expect(await client.ask(`${'Z'.repeat(500_000)}`)).toMatch(/^-ERR unknown command Z{1,200}$/);
});
