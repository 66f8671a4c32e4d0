import { createServer } from '@faktory-ts/server';
import { afterEach, expect, test } from 'vitest';
import { FakeServer } from '../test/fake-server.ts';
import { Client } from './client.ts';

const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const bulk = (text: string): string => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
const offer = (pushed: number, most = 10_000): string =>
  bulk(`{"v":1,"max_fetch":1000,"max_settle":${most},"pushed":${pushed}}`);

/** A server that sends these answers to EXT in turn, and those of `answer` to other lines. */
async function serve(
  exts: string[],
  answer: (line: string) => string | undefined = (line) =>
    line.startsWith('PUSHB') ? bulk('{}') : '+OK\r\n',
): Promise<FakeServer> {
  const server = await FakeServer.start({
    extensions: true,
    script: (line) => (line.startsWith('EXT ') ? exts.shift() : answer(line)),
  });
  ends.push(() => server.stop());
  return server;
}

function clientOf({ url }: { url: string }): Client {
  const client = new Client({ url, timeout: 20_000 });
  ends.push(() => client.close());
  return client;
}

const job = (jid: string, text = '') => ({ jid, jobtype: 'T', args: [text] });

/** Every line of pushes that the server received, by the jids in it. */
const heard = ({ lines }: FakeServer): string[] =>
  lines
    .filter((line) => line.startsWith('PUSH'))
    .map((line) => {
      const said: unknown = JSON.parse(line.slice(line.indexOf(' ')));
      const jids = ([said].flat() as { jid: string }[]).map(({ jid }) => jid).join('+');
      return line.startsWith('PUSHB') ? `[${jids}]` : jids;
    });

test('pushes of one moment leave as one line, and each has its own result', async () => {
  const refuse = bulk('{"b":"jobs must have a jobtype parameter","c":"NOTUNIQUE it is there"}');
  const server = await serve([offer(0)], () => refuse);
  const client = clientOf(server);
  const ended = await Promise.allSettled(['a', 'b', 'c', 'd'].map((jid) => client.push(job(jid))));
  expect(heard(server)).toEqual(['[a+b+c+d]']);
  expect(ended).toMatchObject([
    { value: 'a' },
    { reason: { code: 'INVALID', message: 'jobs must have a jobtype parameter' } },
    { reason: { code: 'NOTUNIQUE' } },
    { value: 'd' },
  ]);
});

test('a single push leaves as PUSH, and other commands keep their place between pushes', async () => {
  const server = await serve([offer(0)], (line) => (line.startsWith('PUSHB') ? bulk('{}') : '+OK\r\n'));
  const client = clientOf(server);
  await client.push(job('a'));
  await Promise.all([client.push(job('b')), client.flush(), client.push(job('c')), client.push(job('d'))]);
  expect(server.lines.filter((line) => !line.startsWith('EXT')).map((line) => line.slice(0, 5))).toEqual([
    'PUSH ',
    'PUSH ',
    'FLUSH',
    'PUSHB',
  ]);
});

test('a line ends before a jid that it has, before more jobs than the server accepts, and at 64 KiB', async () => {
  const server = await serve([offer(0, 3)]);
  const client = clientOf(server);
  await Promise.all(['a', 'b', 'a', 'c', 'd', 'e'].map((jid) => client.push(job(jid))));
  const long = 'x'.repeat(40_000);
  await Promise.all(['f', 'g', 'h'].map((jid) => client.push(job(jid, jid === 'h' ? '' : long))));
  expect(heard(server)).toEqual(['[a+b]', '[a+c+d]', 'e', 'f', '[g+h]']);
});

test('a line that is refused as a whole is sent again job by job, so that one job does not affect another', async () => {
  const server = await serve([offer(0)], (line) => {
    if (line.startsWith('PUSHB')) return '-ERR invalid PUSHB: too deep\r\n';
    return line.includes('"b"') ? '-ERR invalid PUSH: too deep\r\n' : '+OK\r\n';
  });
  const client = clientOf(server);
  const ended = await Promise.allSettled(['a', 'b', 'c'].map((jid) => client.push(job(jid))));
  expect(ended.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(heard(server)).toEqual(['[a+b+c]', 'a', 'b', 'c']);
});

test("an error of the server's disk rejects all pushes of the line, and nothing is sent again", async () => {
  const server = await serve([offer(0)], () => '-ERR storage failed: disk full\r\n');
  const client = clientOf(server);
  const ended = await Promise.allSettled(['a', 'b'].map((jid) => client.push(job(jid))));
  expect(ended).toMatchObject([{ reason: { code: 'STORAGE' } }, { reason: { code: 'STORAGE' } }]);
  expect(heard(server)).toEqual(['[a+b]']);
});

test('a queue that is nearly full takes as many jobs as it would one by one', async () => {
  const server = createServer({ sync: 'off', maxQueueLength: 2 });
  await server.start();
  ends.push(() => server.stop());
  const client = clientOf(server);
  const ended = await Promise.allSettled(
    ['job-0001', 'job-0002', 'job-0003'].map((jid) => client.push(job(jid))),
  );
  expect(ended).toMatchObject([
    { value: 'job-0001' },
    { value: 'job-0002' },
    { reason: { message: 'default is too large, currently 2, max size is 2' } },
  ]);
});

test('after a break a line that was not carried out is sent again without its aborted calls, and one that was is answered', async () => {
  const server = await serve([offer(0), offer(1), offer(1)], () => undefined);
  const client = clientOf(server);
  const control = new AbortController();
  const first = ['a', 'b'].map((jid) => client.push(job(jid)));
  await server.line('PUSHB');
  const second = ['c', 'd', 'e'].map((jid) =>
    client.push(job(jid), jid === 'd' ? { signal: control.signal } : {}),
  );
  const given = expect(second[1]).rejects.toMatchObject({ code: 'ABORTED' });
  await server.line('PUSHB', 2);
  control.abort();
  await given;
  server.script = (line) =>
    line.startsWith('EXT ') ? offer(1) : line.startsWith('PUSHB') ? bulk('{"e":"no"}') : '+OK\r\n';
  server.cut();
  expect(await Promise.all(first)).toEqual(['a', 'b']);
  expect(await second[0]).toBe('c');
  await expect(second[2]).rejects.toMatchObject({ message: 'no' });
  expect(heard(server)).toEqual(['[a+b]', '[c+d+e]', '[c+e]']);
});

test('closing does not wait for a line in doubt whose calls are all aborted', async () => {
  const server = await serve([offer(0)], () => undefined);
  const client = clientOf(server);
  const control = new AbortController();
  const pushes = ['a', 'b'].map((jid) => client.push(job(jid), { signal: control.signal }));
  const ended = Promise.allSettled(pushes);
  await server.line('PUSHB');
  await server.stop();
  control.abort();
  await ended;
  await client.close();
});

test('a server that does not count gets one line for each push', async () => {
  const server = await FakeServer.start();
  ends.push(() => server.stop());
  const client = clientOf(server);
  await Promise.all(['a', 'b'].map((jid) => client.push(job(jid))));
  expect(heard(server)).toEqual(['a', 'b']);
});
