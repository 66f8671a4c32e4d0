/**
 * The socket's rules: greeting and HELLO. Proofs are computed here by the specification, not by the code under test.
 */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { connected, greeted, running } from './running.ts';
import type { WireClient } from './wire-client.ts';

const password = 'spät & geheim';

/** Reads the greeting of a server with a password. */
async function challenge(client: WireClient): Promise<{ rounds: number; salt: string }> {
  const greeting = /^\+HI \{"v":2,"i":(\d+),"s":"([0-9a-f]{1,16})"\}$/.exec(await client.line());
  if (!greeting?.[1] || !greeting[2]) throw new Error('not the greeting of a server with a password');
  return { rounds: Number(greeting[1]), salt: greeting[2] };
}

function proof(secret: string, { rounds, salt }: { rounds: number; salt: string }): string {
  let hash = createHash('sha256')
    .update(secret + salt)
    .digest();
  for (let round = 1; round < rounds; round++) hash = createHash('sha256').update(hash).digest();
  return hash.toString('hex');
}

/** Says HELLO with the proof that `make` gives; the answer, and whether the server then closed. */
async function say(make: (asked: { rounds: number; salt: string }) => object): Promise<[string, WireClient]> {
  const server = await running({ password });
  const client = await connected(server);
  return [await client.ask(`HELLO ${JSON.stringify(make(await challenge(client)))}`), client];
}

test('without a password the greeting is these bytes exactly', async () => {
  const client = await connected(await running());
  await client.line();
  expect(client.received.toString('latin1')).toBe('+HI {"v":2}\r\n');
});

test('with a password each connection gets a salt of its own and 4000 to 8095 rounds', async () => {
  const server = await running({ password });
  const salts = new Set<string>();
  for (let count = 0; count < 20; count++) {
    const { rounds, salt } = await challenge(await connected(server));
    expect(rounds).toBeGreaterThanOrEqual(4000);
    expect(rounds).toBeLessThanOrEqual(8095);
    salts.add(salt);
  }
  expect(salts.size).toBe(20);
});

test('the right proof is let in, and may talk at once', async () => {
  const [said, client] = await say((asked) => ({ v: 2, pwdhash: proof(password, asked) }));
  expect(said).toBe('+OK');
  await client.push('let-in-01');
});

test.each<[string, (asked: { rounds: number; salt: string }) => object]>([
  ['a wrong password', (asked) => ({ v: 2, pwdhash: proof('another', asked) })],
  ['no proof, as a producer', () => ({ v: 2 })],
  ['no proof, as a worker', () => ({ v: 2, wid: 'w1' })],
  ['a proof in capitals', (asked) => ({ v: 2, pwdhash: proof(password, asked).toUpperCase() })],
  ['an empty proof', () => ({ v: 2, pwdhash: '' })],
  ['a proof of one round with v 2', (asked) => ({ v: 2, pwdhash: proof(password, { ...asked, rounds: 1 }) })],
  ['a proof of all rounds with v 1', (asked) => ({ v: 1, pwdhash: proof(password, asked) })],
  ['the password itself', () => ({ v: 2, pwdhash: password })],
])('%s is told Invalid password and closed', async (_, make) => {
  const [said, client] = await say(make);
  expect(said).toBe('-ERR Invalid password');
  expect(await client.line()).toBe('(closed)');
});

test.each([{ v: 1 }, {}])('below version 2 one round is the proof: %j', async (version) => {
  const [said] = await say((asked) => ({ ...version, pwdhash: proof(password, { ...asked, rounds: 1 }) }));
  expect(said).toBe('+OK');
});

test('of several passwords any one lets in, and no other', async () => {
  const server = await running({ password: ['new', password] });
  for (const [secret, answer] of [
    ['new', '+OK'],
    [password, '+OK'],
    ['old', '-ERR Invalid password'],
  ] as const) {
    const client = await connected(server);
    const pwdhash = proof(secret, await challenge(client));
    expect(await client.ask(`HELLO {"v":2,"pwdhash":"${pwdhash}"}`)).toBe(answer);
  }
  expect(server.url).toMatch(/^tcp:\/\/:new@/);
});

test('a proof of another connection is refused', async () => {
  const server = await running({ password });
  const [first, second] = [await connected(server), await connected(server)];
  const stolen = proof(password, await challenge(first));
  await challenge(second);
  expect(await second.ask(`HELLO {"v":2,"pwdhash":"${stolen}"}`)).toBe('-ERR Invalid password');
});

test('a server without a password ignores a proof', async () => {
  const client = await connected(await running());
  await client.line();
  expect(await client.ask('HELLO {"v":2,"pwdhash":"0123"}')).toBe('+OK');
});

test('the password is in no reply', async () => {
  const [, client] = await say((asked) => ({ v: 2, wid: 'w1', pwdhash: proof(password, asked) }));
  await client.json('INFO');
  await client.ask('NOPE');
  expect(client.received.toString()).not.toContain(password);
});

test('keys of HELLO are matched in any case, nulls are absent, unknown keys are ignored', async () => {
  const client = await connected(await running());
  await client.line();
  expect(
    await client.ask('HELLO {"V":2,"WID":"w1","Hostname":null,"pid":null,"labels":null,"rss_kb":1,"x":{}}'),
  ).toBe('+OK');
  expect(await client.ask('BEAT {"wid":"w1"}')).toBe('+OK');
});

test('lines that came with the HELLO are answered after it', async () => {
  const client = await connected(await running());
  await client.line();
  client.raw('HELLO {"v":2}\r\nPUSH {"jid":"together1","jobtype":"T","args":[]}\nFETCH default\r\n');
  expect(await client.line()).toBe('+OK');
  expect(await client.line()).toBe('+OK');
  expect(await client.line()).toContain('together1');
});

test('a second HELLO is an unknown command, and the connection lives on', async () => {
  const client = await greeted(await running());
  expect(await client.ask('HELLO {"v":2}')).toBe('-ERR unknown command HELLO');
  await client.push('lives-on1');
});

test('a wid of 500 characters is let in, and a longer one is refused with a text that names the limit', async () => {
  const server = await running();
  const say = async (length: number) => {
    const client = await connected(server);
    await client.line();
    return client.ask(`HELLO {"v":2,"wid":"${'w'.repeat(length)}"}`);
  };
  expect(await say(500)).toBe('+OK');
  expect(await say(501)).toMatch(/^-ERR wid .* has 501 characters; use at most 500$|^-INVALID .*501/);
});
