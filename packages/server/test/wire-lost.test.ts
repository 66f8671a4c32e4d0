/**
 * The socket's rules: connections that die. Nothing is lost with them, and a closed socket proves nothing about a job.
 */
import { expect, test } from 'vitest';
import { eventually, greeted, park, running } from './running.ts';
import { jidOf } from './wire-client.ts';

test('a waiter whose socket died takes no job: the next in line gets it', async () => {
  const server = await running();
  const [dying, next, producer] = [
    await greeted(server, 'w1'),
    await greeted(server, 'w2'),
    await greeted(server),
  ];
  await park(producer, [dying, next]);
  dying.socket.destroy();
  await producer.push('job-00001');
  expect(jidOf(await next.line(1000))).toBe('job-00001');
});

test('a waiter that dies in the moment of the push loses nothing: the job is at the head, with no attempt used', async () => {
  const server = await running();
  const producer = await greeted(server);
  for (let round = 0; round < 30; round++) {
    const dying = await greeted(server, 'w1');
    await park(producer, [dying]);
    // Both reach the server in one turn, in either order.
    if (round % 2 === 0) dying.socket.destroy();
    producer.raw(
      `PUSH {"jid":"first-job-${round}","jobtype":"T","args":[]}\nPUSH {"jid":"second-job-${round}","jobtype":"T","args":[]}\n`,
    );
    if (round % 2 === 1) dying.socket.destroy();
    expect([await producer.line(), await producer.line()]).toEqual(['+OK', '+OK']);
    await dying.closed();
    await eventually(async () => (await server.info()).server.connections === 1);
    expect((await server.info()).faktory).toMatchObject({ queues: { default: 2 }, sets: { working: 0 } });
    const job = await producer.json('FETCH default');
    expect(job.jid).toBe(`first-job-${round}`);
    expect(job).not.toHaveProperty('failure');
    expect(await producer.fetch()).toBe(`second-job-${round}`);
    producer.raw(`ACK {"jid":"first-job-${round}"}\nACK {"jid":"second-job-${round}"}\n`);
    expect([await producer.line(), await producer.line()]).toEqual(['+OK', '+OK']);
  }
  expect((await server.info()).faktory).toMatchObject({ total_processed: 60, total_failures: 0 });
});

test('whenever fetching sockets die, every job is in its queue or in the working set, and none has failed', async () => {
  const server = await running();
  const producer = await greeted(server);
  const total = 60;
  for (let count = 0; count < total; count++) {
    const dying = await greeted(server, 'w1');
    dying.send('FETCH default');
    // Dies a little later each time: before, at, and after the moment its job is taken.
    const hops = count % 10;
    producer.send(`PUSH {"jid":"race-${String(count).padStart(4, '0')}","jobtype":"T","args":[]}`);
    for (let hop = 0; hop < hops; hop++) await new Promise((resolve) => setImmediate(resolve));
    dying.socket.destroy();
    expect(await producer.line()).toBe('+OK');
    await dying.closed();
  }
  await eventually(async () => (await server.info()).server.connections === 1);
  const { faktory } = await server.info();
  expect(faktory.sets.working + (faktory.queues.default ?? 0)).toBe(total);
  expect(faktory).toMatchObject({ total_processed: 0, total_failures: 0 });
});

test('a closed socket by itself never releases a reservation, and any connection may ACK', async () => {
  const server = await running();
  const [worker, producer] = [await greeted(server, 'w1'), await greeted(server)];
  await producer.push('held-0001');
  expect(await worker.fetch()).toBe('held-0001');
  await worker.destroy();
  await eventually(async () => (await server.info()).server.connections === 1);
  expect((await server.info()).faktory).toMatchObject({ queues: { default: 0 }, sets: { working: 1 } });
  expect(await producer.ask('ACK {"jid":"held-0001"}')).toBe('+OK');
  expect((await server.info()).faktory).toMatchObject({ sets: { working: 0 }, total_processed: 1 });
});

test('a connection that is reset in the middle of a command leaves the server well', async () => {
  const server = await running();
  const producer = await greeted(server);
  for (let count = 0; count < 20; count++) {
    const client = await greeted(server);
    client.raw('PUSH {"jid":"cut-off-1","jobtype":"T","ar');
    client.socket.resetAndDestroy();
  }
  await eventually(async () => (await server.info()).server.connections === 1);
  expect((await server.info()).faktory.queues).toEqual({});
  await producer.push('lives-on1');
});

test('what a dying connection sent whole is done: accepted means accepted, even unread', async () => {
  const server = await running();
  const other = await greeted(server);
  const client = await greeted(server);
  client.socket.end(
    Array.from({ length: 100 }, (_, n) => `PUSH {"jid":"unread-job-${n}","jobtype":"T","args":[]}\n`).join(
      '',
    ),
  );
  await client.closed();
  await eventually(
    async () =>
      (await other.json<{ faktory: { total_enqueued: number } }>('INFO')).faktory.total_enqueued === 100,
  );
});
