/**
 * Exactly-once pushes: a producer that names itself is told how many of its lines were carried out, sends the rest again,
 * and no job is lost or doubled: wherever the connection is cut, and whenever the server is killed.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildServer, Child, removeServer } from './crash-child.ts';
import { seeded } from './crash-load.ts';
import { eventually, folder, greeted, kept, running } from './running.ts';
import { WireClient } from './wire-client.ts';

const seed = Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000);

beforeAll(buildServer, 60_000);
afterAll(removeServer);

interface Offer {
  pushed: number;
}

const claim = (client: WireClient, name: string): Promise<Offer> =>
  client.json<Offer>(`EXT {"v":1,"producer":"${name}"}`);
const job = (jid: string): string => `{"jid":"${jid}","jobtype":"T","args":[]}`;

/** Every jid that is waiting, taken with its reservation. */
async function allWaiting(client: WireClient): Promise<string[]> {
  await client.json('EXT {"v":1}');
  const jids: string[] = [];
  for (;;) {
    const said = await client.ask('FETCHB 1000 default');
    if (said === '(nil)') return jids.sort();
    jids.push(...(JSON.parse(said.slice(2)) as { job: { jid: string } }[]).map((taken) => taken.job.jid));
    if (jids.length > 0 && (await empty(client))) return jids.sort();
  }
}

async function empty(client: WireClient): Promise<boolean> {
  return (await client.json<{ faktory: { total_enqueued: number } }>('INFO')).faktory.total_enqueued === 0;
}

test('a producer is told how many of its lines were carried out, refused ones too, also after a restart', async () => {
  const first = await running({ dir: folder(), maxQueueLength: 2, maxBulkJobs: 2 });
  const client = await greeted(first);
  expect(await claim(client, 'shop')).toMatchObject({ pushed: 0 });
  const lines = [
    `PUSH ${job('job-00001')}`,
    'PUSH {"jid":"short"}',
    'PUSH not json',
    `PUSHB [${job('job-00002')},{"jid":"x"}]`,
    `PUSH ${job('job-00003')}`,
    'PUSHB [1,2,3]',
    `PUSHB [${job('job-00004')},${job('job-00005')},${job('job-00006')}]`,
  ];
  for (const line of lines) await client.ask(line);
  await client.ask('INFO');
  expect(await claim(client, 'shop')).toMatchObject({ pushed: lines.length });
  await first.stop();
  const second = await running({ dir: first.dir });
  expect(await claim(await greeted(second), 'shop')).toMatchObject({ pushed: lines.length });
});

test('what a producer may not have been told of its lines is told when it comes back', async () => {
  const server = await running({ dir: folder(), maxQueueLength: 1, maxBulkJobs: 2 });
  const client = await greeted(server);
  await claim(client, 'shop');
  const lines = [
    `PUSH ${job('job-00001')}`,
    'PUSH {"jid":"short"}',
    `PUSH ${job('job-00002')}`,
    `PUSHB [${job('job-00003')},{"jid":"x"}]`,
    'PUSHB [1,2,3]',
  ];
  const answers: string[] = [];
  for (const text of lines) answers.push(await client.ask(text));
  const again = await greeted(server);
  const { pushed, refused } = await again.json<{ pushed: number; refused: Record<string, unknown> }>(
    'EXT {"v":1,"producer":"shop","answered":1}',
  );
  expect(pushed).toBe(5);
  const told = Object.entries(refused).map(([line, text]) => {
    return [line, typeof text === 'string' ? `-${text}` : `$ ${JSON.stringify(text)}`];
  });
  expect(told).toEqual(answers.slice(1).map((answer, index) => [`${index + 2}`, answer]));
  expect(await claim(await greeted(server), 'shop')).not.toHaveProperty('refused.1');
  const last = await greeted(server);
  expect(await last.json('EXT {"v":1,"producer":"shop","answered":5}')).not.toHaveProperty('refused');
});

test('a client that names no producer is told no count, and its pushes are counted for nobody', async () => {
  const server = await running();
  const client = await greeted(server);
  expect(await client.json('EXT {"v":1}')).not.toHaveProperty('pushed');
  await client.push('job-00001');
  expect(await claim(await greeted(server), 'shop')).toMatchObject({ pushed: 0 });
});

test('a name has one connection: the older one is closed, and its lines that were not started are dropped', async () => {
  const server = await running();
  const [old, next] = [await greeted(server), await greeted(server)];
  await claim(old, 'shop');
  await old.push('job-00001');
  expect(await claim(next, 'shop')).toMatchObject({ pushed: 1 });
  await old.closed();
  await next.push('job-00002');
  expect(await next.ask('EXT {"v":1,"producer":"another"}')).toMatch(
    /^-ERR this connection is producer shop/,
  );
});

test.each(['""', '7', `"${'x'.repeat(101)}"`])('a producer named %s is refused', async (name) => {
  const client = await greeted(await running());
  expect(await client.ask(`EXT {"v":1,"producer":${name}}`)).toMatch(/^-ERR invalid EXT/);
  await client.push('job-00001');
});

test('wherever the connection is cut, resending what was not counted makes every job exactly once', async () => {
  const server = await running();
  const lines = [
    `PUSH ${job('job-00001')}\r\n`,
    `PUSHB [${job('job-00002')},${job('job-00003')}]\r\n`,
    'PUSH {"jid":"bad"}\r\n',
    `PUSH ${job('job-00004')}\n`,
  ];
  const all = lines.join('');
  const observer = await greeted(server, 'observer');
  for (let cut = 0; cut <= all.length; cut++) {
    const first = await greeted(server);
    await claim(first, `cut-${cut}`);
    first.raw(all.slice(0, cut));
    if (cut % 2 === 0) first.socket.resetAndDestroy();
    else first.socket.end();
    const second = await greeted(server);
    const { pushed } = await claim(second, `cut-${cut}`);
    for (const line of lines.slice(pushed)) await second.ask(line.trimEnd());
    await second.destroy();
    expect(await allWaiting(observer)).toEqual(['job-00001', 'job-00002', 'job-00003', 'job-00004']);
    await observer.ask('FLUSH');
  }
});

const soon = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test('across kills of the server every job is there exactly once', async () => {
  console.log(`exactly-once test: CRASH_SEED=${seed}`);
  const [random, dir] = [seeded(seed), folder()];
  const total = 1200;
  const lines = Array.from(
    { length: total },
    (_, n) => `PUSH ${job(`job-${String(n).padStart(5, '0')}`)}\r\n`,
  );
  let kills = 0;
  for (let done = 0; done < total; kills++) {
    const child = new Child(dir);
    const client = kept(await WireClient.hello((await child.port()) ?? 0));
    const { pushed } = await claim(client, 'shop');
    expect(pushed).toBeGreaterThanOrEqual(done);
    done = pushed;
    // As a client does it: some lines in the air at once, the next ones when the first are answered.
    const stopAt = done + 20 + Math.floor(random() * 150);
    let killed: Promise<void> | undefined;
    for (let next = done; next < total && !client.isClosed; next += 5) {
      client.raw(lines.slice(next, next + 5).join(''));
      // Somewhere in the commits of these lines or the next.
      if (next >= stopAt) killed ??= soon(random() * 3).then(() => child.kill());
      for (let n = 0; n < 5 && (await client.reply()); n++);
    }
    await (killed ?? child.kill());
    await client.closed();
  }
  expect(kills).toBeGreaterThan(1);
  const server = await running({ dir });
  const observer = await greeted(server, 'observer');
  const jids = await allWaiting(observer);
  expect(jids).toHaveLength(total);
  expect(new Set(jids).size).toBe(total);
  await eventually(async () => (await server.info()).faktory.sets.working === total);
}, 60_000);
