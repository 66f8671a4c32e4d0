// @ts-check
const { afterAll, beforeAll, expect, test } = require('@jest/globals');
const { FakeClient, inlineClient, startTestServer } = require('@faktory-ts/worker/testing');
const { mailHandlers, signUp } = require('./signup.js');

/** @typedef {import('./signup.js').Jobs} Jobs */

/** @type {import('@faktory-ts/worker/testing').TestServer} */
let faktory;
beforeAll(async () => {
  faktory = await startTestServer();
});
afterAll(() => faktory.stop());

test('signing up pushes a welcome and a reminder', async () => {
  /** @type {import('@faktory-ts/worker/testing').FakeClient<Jobs>} */
  const fake = new FakeClient();
  await signUp(fake, 'bob');
  fake.assertPushed('SendWelcome', ['bob']);
  expect(fake.pushed('SendReminder')).toMatchObject([{ queue: 'default', args: ['bob', 3] }]);
});

test('the handlers take what is pushed', async () => {
  /** @type {string[]} */
  const sent = [];
  await signUp(inlineClient(mailHandlers((text) => sent.push(text))), 'bob');
  expect(sent).toEqual(['welcome, bob', 'bob, it has been 3 days']);
});

test('the reminder goes out three days later', async () => {
  /** @type {string[]} */
  const sent = [];
  const handlers = mailHandlers((text) => sent.push(text));
  await signUp(faktory.client(), 'bob');
  await faktory.drain(handlers);
  expect(sent).toEqual(['welcome, bob']);
  await faktory.forward({ days: 3 });
  await faktory.drain(handlers);
  expect(sent[1]).toBe('bob, it has been 3 days');
});
