import { createHash } from 'node:crypto';
import { type Challenge, passwordProof } from '@faktory-ts/protocol';
import { afterEach, expect, test } from 'vitest';
import { Prover, type Search } from './prover.ts';

const provers: Prover[] = [];
const fresh = (): Prover => {
  const prover = new Prover();
  provers.push(prover);
  return prover;
};
afterEach(() => Promise.all(provers.splice(0).map((prover) => prover.close())));

const proofOf = (secret: string, challenge: Challenge): string =>
  passwordProof(secret, challenge, (data) => createHash('sha256').update(data).digest());

function search(secret: string, more: Partial<Search> = {}): Search {
  const challenge = { rounds: 300, salt: 'a1b2' };
  const proof = proofOf(secret, challenge);
  return {
    proof,
    challenge,
    secrets: ['a', 'b', 'ü'],
    network: '10.0.0.1',
    suspect: false,
    gone: () => false,
    ...more,
  };
}

test('a proof is found to be of the secret that made it, or of none', async () => {
  const prover = fresh();
  const found = ['a', 'b', 'ü', 'c'].map((secret) => prover.find(search(secret)));
  expect(await Promise.all(found)).toEqual([0, 1, 2, undefined]);
  expect(await prover.find(search('a', { secrets: [] }))).toBeUndefined();
});

test('an address that did not fail comes before hundreds of proofs of those that did, which take turns by network', async () => {
  const prover = fresh();
  const order: string[] = [];
  const find = (network: string, suspect: boolean): Promise<unknown> =>
    prover.find(search('wrong', { network, suspect, secrets: ['a'] })).then(() => order.push(network));
  const crowd = Array.from({ length: 60 }, () => find('crowd', true));
  const lone = find('lone', true);
  const good = find('good', false);
  await Promise.all([lone, good]);
  expect(order.filter((name) => name === 'crowd').length).toBeLessThan(20);
  expect(order.indexOf('good')).toBeLessThan(order.indexOf('lone'));
  await Promise.all(crowd);
});

test('the main thread goes on while proofs are computed', async () => {
  const prover = fresh();
  await prover.find(search('wrong')); // the threads are there
  const wrong = search('wrong', { secrets: Array(500).fill('x') });
  let turns = 0;
  let on = true;
  const count = (): void => {
    turns += 1;
    if (on) setImmediate(count);
  };
  count();
  await prover.find(wrong);
  on = false;
  expect(turns).toBeGreaterThan(2000); // 500 proofs on this thread would be some 500 turns
});

test('nothing is computed for a client that has left, and a prover that closes finds nothing', async () => {
  const prover = fresh();
  expect(await prover.find(search('a', { gone: () => true }))).toBeUndefined();
  const waiting = Array.from({ length: 10 }, () =>
    prover.find(search('a', { secrets: Array(500).fill('x') })),
  );
  await prover.close();
  expect(await Promise.all(waiting)).toEqual(Array(10).fill(undefined));
});
