import { FakeClient, inlineClient, startTestServer } from '@faktory-ts/worker/testing';
import { expect, test } from 'vitest';
import { type Jobs, mailHandlers, signUp } from './signup.ts';

test('signing up pushes a welcome and a reminder', async () => {
  const fake = new FakeClient<Jobs>();
  await signUp(fake, 'bob');
  fake.assertPushed('SendWelcome', ['bob']);
  expect(fake.pushed('SendReminder')).toMatchObject([{ queue: 'default', args: ['bob', 3] }]);
});

test('the handlers take what is pushed', async () => {
  const sent: string[] = [];
  await signUp(inlineClient<Jobs>(mailHandlers((text) => sent.push(text))), 'bob');
  expect(sent).toEqual(['welcome, bob', 'bob, it has been 3 days']);
});

test('the reminder goes out three days later', async () => {
  await using faktory = await startTestServer();
  const sent: string[] = [];
  const handlers = mailHandlers((text) => sent.push(text));
  await signUp(faktory.client<Jobs>(), 'bob');
  await faktory.drain<Jobs>(handlers);
  expect(sent).toEqual(['welcome, bob']);
  await faktory.forward({ days: 3 });
  await faktory.drain<Jobs>(handlers);
  expect(sent[1]).toBe('bob, it has been 3 days');
});

test('a mail server that is down for a while costs only a retry', async () => {
  await using faktory = await startTestServer();
  let attempts = 0;
  const handlers = mailHandlers(() => {
    attempts++;
    if (attempts === 1) throw new Error('mail server is down');
  });
  await faktory.client<Jobs>().push({ jobtype: 'SendWelcome', args: ['bob'] });
  expect(await faktory.drain<Jobs>(handlers, { retries: true })).toMatchObject({
    done: 1,
    failures: [{ jobtype: 'SendWelcome', message: 'mail server is down' }],
  });
});
