/**
 * Names belong to the secret that uses them: a token takes no other one's producer, worker or jobs, also after a restart.
 */
import { expect, test } from 'vitest';
import { TokenFile } from '../src/index.ts';
import { login } from './login.ts';
import { folder, running } from './running.ts';

const BAD = 'PUSH {"jid":"short"}';

/** A data folder with two tokens of this scope, and a password for all. */
function twoTokens(scope: string, other = scope) {
  const dir = folder();
  const tokens = new TokenFile(dir, 'test');
  const [mine, theirs] = [tokens.add('mine', scope), tokens.add('theirs', other)];
  return { dir, tokens, mine, theirs, password: 'all' };
}

test('a producer name that another secret has pushed under is refused, its refusals stay, and a restart changes nothing', async () => {
  const { dir, mine, theirs, password } = twoTokens('push', 'push+fetch+read');
  const first = await running({ dir, password });
  const [, shop] = await login(first, mine);
  await shop.ask('EXT {"v":1,"producer":"shop"}');
  await shop.ask(BAD);
  const taking = 'EXT {"v":1,"producer":"shop","answered":1}';
  const refusal = '-ERR not permitted: the producer name shop belongs to another secret; choose another name';
  const [, thief] = await login(first, theirs);
  expect(await thief.ask(taking)).toBe(refusal);
  await shop.push('still-mine');
  await first.stop();
  const second = await running({ dir, password });
  const [, again] = await login(second, theirs);
  expect(await again.ask(taking)).toBe(refusal);
  const [, back] = await login(second, mine);
  const told = await back.json<{ pushed: number; refused: object }>('EXT {"v":1,"producer":"shop"}');
  expect(told).toMatchObject({ pushed: 2, refused: { 1: expect.stringContaining('ERR') } });
});

test('a producer name that is in use and has not pushed yet is refused to another secret, and its connection stays', async () => {
  const { dir, mine, theirs, password } = twoTokens('push');
  const server = await running({ dir, password });
  const [, shop] = await login(server, mine);
  await shop.ask('EXT {"v":1,"producer":"shop"}');
  const [, thief] = await login(server, theirs);
  expect(await thief.ask('EXT {"v":1,"producer":"shop"}')).toMatch(
    /^-ERR not permitted: the producer name shop/,
  );
  await shop.push('counted-1');
  expect(await shop.ask('EXT {"v":1,"producer":"shop"}')).toContain('"pushed":1');
});

test('a password takes every producer name, and a new secret of the same token goes on with the old one’s', async () => {
  const { dir, tokens, mine, password } = twoTokens('push');
  const server = await running({ dir, password });
  const [, shop] = await login(server, mine);
  await shop.ask('EXT {"v":1,"producer":"shop"}');
  await shop.push('counted-1');
  tokens.revoke('mine');
  const renewed = tokens.add('mine', 'push');
  await shop.closed();
  const [, next] = await login(server, renewed);
  expect(await next.ask('EXT {"v":1,"producer":"shop"}')).toContain('"pushed":1');
  const [, all] = await login(server, password);
  expect(await all.ask('EXT {"v":1,"producer":"shop"}')).toContain('"pushed":1');
});

test('a BEAT for another secret’s worker is refused and changes nothing; one for its own worker is taken', async () => {
  const { dir, mine, theirs, password } = twoTokens('fetch');
  const server = await running({ dir, password });
  const [, worker] = await login(server, mine, { wid: 'w1' });
  const [, thief] = await login(server, theirs, { wid: 'w2' });
  const end = 'BEAT {"wid":"w1","current_state":"terminate"}';
  expect(await thief.ask(end)).toBe(
    '-ERR not permitted: the worker w1 belongs to another secret; choose another name',
  );
  expect(await worker.ask('BEAT {"wid":"w1"}')).toBe('+OK');
  expect(await thief.ask('BEAT {"wid":"w2","current_state":"quiet"}')).toBe('$ {"state":"quiet"}');
  const [, all] = await login(server, password);
  expect(await all.ask(end)).toBe('$ {"state":"terminate"}');
});

test('a HELLO with the wid of another secret’s worker is refused: while it is connected, and while it holds a job after a restart', async () => {
  const { dir, mine, theirs, password } = twoTokens('fetch');
  const first = await running({ dir, password });
  const [, all] = await login(first, password);
  await all.push('held-0001');
  const [, worker] = await login(first, mine, { wid: 'w1' });
  await worker.fetch('default');
  const refusal = '-ERR not permitted: the worker w1 belongs to another secret; choose another name';
  expect((await login(first, theirs, { wid: 'w1' }))[0]).toBe(refusal);
  await first.stop();
  const second = await running({ dir, password });
  expect((await login(second, theirs, { wid: 'w1' }))[0]).toBe(refusal);
  const [said, back] = await login(second, mine, { wid: 'w1' });
  expect(said).toBe('+OK');
  expect(await back.ask('ACK {"jid":"held-0001"}')).toBe('+OK');
  await back.ask('END');
  await back.closed();
  expect((await login(second, theirs, { wid: 'w1' }))[0]).toBe('+OK');
});

test.each([
  ['ACK', (jid: string) => `ACK {"jid":"${jid}"}`],
  ['FAIL', (jid: string) => `FAIL {"jid":"${jid}","errtype":"E","message":"m"}`],
  ['ACKB', (jid: string, rid: string) => `ACKB [{"jid":"${jid}","rid":"${rid}"}]`],
  ['FAILB', (jid: string, rid: string) => `FAILB [{"jid":"${jid}","rid":"${rid}","fate":"discard"}]`],
  ['RELEASE', (jid: string, rid: string) => `RELEASE [{"jid":"${jid}","rid":"${rid}"}]`],
  ['EXTEND', (jid: string, rid: string) => `EXTEND [{"jid":"${jid}","rid":"${rid}","seconds":60}]`],
])(
  '%s of a job from a queue that the token may not fetch is refused, and the job stays held',
  async (_, end) => {
    const { dir, mine, theirs, password } = twoTokens('fetch:q1', 'fetch:q2');
    const server = await running({ dir, password });
    const [, all] = await login(server, password);
    await all.push('other-001', { queue: 'q2' });
    const [, worker] = await login(server, theirs, { wid: 'w2' });
    await worker.ask('EXT {"v":1}');
    const [{ rid = '' } = {}] = await worker.json<{ rid: string }[]>('FETCHB 1 q2');
    const [, thief] = await login(server, mine, { wid: 'w1' });
    await thief.ask('EXT {"v":1}');
    expect(await thief.ask(end('other-001', rid))).toBe(
      '-ERR not permitted: this token ends jobs of q1 only, and other-001 is of another queue',
    );
    expect(await worker.json(`ACKB [{"jid":"other-001","rid":"${rid}"}]`)).toEqual({});
    expect(await all.json('INFO')).toMatchObject({ faktory: { total_processed: 1, total_failures: 0 } });
  },
);

test.each([
  ['ACK', 'ACK {"jid":"same-jid1"}'],
  ['FAIL', 'FAIL {"jid":"same-jid1","errtype":"E","message":"m"}'],
])('%s by jid ends the job that the token fetched, not an older one of another queue', async (_, end) => {
  const { dir, theirs, password } = twoTokens('fetch:q1', 'fetch:q2');
  const server = await running({ dir, password });
  const [, all] = await login(server, password, { wid: 'all' });
  for (const queue of ['q1', 'q2']) await all.push('same-jid1', { queue });
  await all.ask('FETCH q1');
  const [, worker] = await login(server, theirs, { wid: 'w2' });
  await worker.ask('FETCH q2');
  expect(await worker.ask(end)).toBe('+OK');
  expect(await worker.ask(end)).toContain('is of another queue');
  expect(await all.ask('ACK {"jid":"same-jid1"}')).toBe('+OK');
  expect(await all.json('INFO')).toMatchObject({ faktory: { total_processed: 2 } });
});

test('a line that ends a job it may not end ends none of the others in it', async () => {
  const { dir, mine, password } = twoTokens('fetch:q1');
  const server = await running({ dir, password });
  const [, all] = await login(server, password);
  await all.push('mine-0001', { queue: 'q1' });
  await all.push('other-001', { queue: 'q2' });
  const [, worker] = await login(server, mine, { wid: 'w1' });
  const rids: string[] = [];
  for (const [client, queue] of [
    [worker, 'q1'],
    [all, 'q2'],
  ] as const) {
    await client.ask('EXT {"v":1}');
    const [taken] = await client.json<{ rid: string }[]>(`FETCHB 1 ${queue}`);
    rids.push(taken?.rid ?? '');
  }
  const line = `ACKB [{"jid":"mine-0001","rid":"${rids[0]}"},{"jid":"other-001","rid":"${rids[1]}"}]`;
  expect(await worker.ask(line)).toMatch(/^-ERR not permitted: this token ends jobs of q1 only/);
  expect(await all.json('INFO')).toMatchObject({ faktory: { total_processed: 0 } });
});
