// @ts-check
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { FakeClient, inlineClient, startTestServer } from '@faktory-ts/worker/testing';
import { mailHandlers, signUp } from './signup.js';

/** @typedef {import('./signup.js').Jobs} Jobs */

/** @type {import('@faktory-ts/worker/testing').TestServer} */
let faktory;
before(async () => {
  faktory = await startTestServer();
});
after(() => faktory.stop());

test('signing up pushes a welcome and a reminder', async () => {
  /** @type {FakeClient<Jobs>} */
  const fake = new FakeClient();
  await signUp(fake, 'bob');
  fake.assertPushed('SendWelcome', ['bob']);
  fake.assertPushed('SendReminder', ['bob', 3]);
});

test('the handlers take what is pushed', async () => {
  /** @type {string[]} */
  const sent = [];
  await signUp(inlineClient(mailHandlers((text) => sent.push(text))), 'bob');
  assert.deepEqual(sent, ['welcome, bob', 'bob, it has been 3 days']);
});

test('the reminder goes out three days later', async () => {
  /** @type {string[]} */
  const sent = [];
  const handlers = mailHandlers((text) => sent.push(text));
  await signUp(faktory.client(), 'bob');
  await faktory.drain(handlers);
  assert.deepEqual(sent, ['welcome, bob']);
  await faktory.forward({ days: 3 });
  await faktory.drain(handlers);
  assert.equal(sent[1], 'bob, it has been 3 days');
});
