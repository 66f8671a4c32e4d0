import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FakeServer } from '../../client/test/fake-server.ts';
import { gate } from '../test/gate.ts';
import { JobsDesk } from '../test/jobs-desk.ts';
import type { WorkerOptions } from './options.ts';
import { Worker } from './worker.ts';

let desk: JobsDesk;
const workers: Worker[] = [];

beforeEach(async () => {
  desk = await JobsDesk.open();
});

afterEach(async () => {
  vi.useRealTimers();
  for (const worker of workers.splice(0)) {
    void worker.stop();
    await worker.stop();
  }
  await desk.server.stop();
});

function make(options: Partial<WorkerOptions> = {}): Worker {
  const worker = new Worker({
    url: desk.url,
    concurrency: 1,
    handlers: { Run: () => undefined },
    ...options,
  });
  workers.push(worker);
  return worker;
}

describe('running jobs', () => {
  test('a job is fetched, run and acknowledged, and the slot fetches again', async () => {
    const runs: unknown[] = [];
    const worker = make({ queues: ['b', 'a'], handlers: { Run: ({ jid }, n) => runs.push([jid, n]) } });
    desk.give({ jid: 'jid-00007', args: [7] });
    await worker.start();
    await desk.server.line('ACK');
    expect(runs).toEqual([['jid-00007', 7]]);
    expect(desk.said('ACK')).toEqual([{ jid: 'jid-00007' }]);
    await desk.server.line('FETCH b a', 2);
  });

  test('ACK and the next FETCH leave in one write', async () => {
    const { run, entered, open } = gate();
    desk.give({});
    await make({ handlers: { Run: run } }).start();
    await entered;
    const chunks: string[] = [];
    const peer = desk.server.peers.find(({ lines }) => lines.some((line) => line.startsWith('FETCH')));
    peer?.socket.on('data', (chunk) => chunks.push(String(chunk)));
    open();
    await desk.server.line('ACK');
    expect(chunks).toEqual(['ACK {"jid":"jid-00001"}\r\nFETCH default\r\n']);
  });

  test('as many jobs run at once as there are slots', async () => {
    const gates = [gate(), gate(), gate()];
    const worker = make({
      concurrency: 2,
      handlers: { Run: (context, n) => gates[Number(n)]?.run(context) },
    });
    for (const n of [0, 1, 2]) desk.give({ jid: `jid-0000${n}`, args: [n] });
    await worker.start();
    await Promise.all([gates[0]?.entered, gates[1]?.entered]);
    expect(worker.busy).toBe(2);
    expect(desk.server.lines.filter((line) => line.startsWith('FETCH'))).toHaveLength(2);
    for (const { open } of gates) open();
    await desk.server.line('ACK', 3);
  });

  test('a failure is reported with type, message and the backtrace that the job asks for', async () => {
    const handlers = {
      Run: () => {
        throw new RangeError('too far');
      },
    };
    desk.give({ backtrace: 2 });
    desk.give({ jid: 'jid-00002' });
    desk.give({ jid: 'jid-00003', jobtype: 'Unknown' });
    await make({ handlers }).start();
    await desk.server.line('FAIL', 3);
    const [first, second, third] = desk.said('FAIL');
    expect(first).toMatchObject({ jid: 'jid-00001', errtype: 'RangeError', message: 'too far' });
    expect(first?.backtrace).toHaveLength(2);
    expect(second).toEqual({ jid: 'jid-00002', errtype: 'RangeError', message: 'too far' });
    expect(third).toMatchObject({ errtype: 'UnknownJobtype', message: /jobtype "Unknown"/ });
    expect(desk.said('ACK')).toEqual([]);
  });

  test('a FETCH that the server refuses is tried again after a pause', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    desk.answers.set('FETCH', '-ERR disk full\r\n');
    const warned = new Promise<string>((resolve) => {
      void make({ log: { debug() {}, info() {}, warn: resolve, error() {} } }).start();
    });
    expect(await warned).toBe('FETCH failed: disk full');
    desk.answers.clear();
    expect(desk.server.lines.filter((line) => line.startsWith('FETCH'))).toHaveLength(1);
    await new Promise(setImmediate);
    vi.advanceTimersByTime(1000);
    await desk.server.line('FETCH', 2);
  });
});

describe('a connection that breaks', () => {
  test('an ACK without an answer is sent again, and the job does not run again', async () => {
    let runs = 0;
    desk.answers.set('ACK', undefined);
    desk.give({});
    await make({ handlers: { Run: () => runs++ } }).start();
    await desk.server.line('ACK');
    desk.answers.clear();
    desk.server.cut();
    await desk.server.line('ACK', 2);
    await desk.server.line('FETCH', 3);
    expect(runs).toBe(1);
    expect(desk.said('ACK')).toEqual([{ jid: 'jid-00001' }, { jid: 'jid-00001' }]);
  });

  test('an ACK is sent later when the server has refused the password for some time', async () => {
    desk.answers.set('ACK', undefined);
    desk.give({});
    await make().start();
    await desk.server.line('ACK');
    const { port } = desk.server;
    await desk.server.stop();
    const locked = await FakeServer.start({ port, welcome: '-ERR Invalid password\r\n' });
    await locked.until(() => locked.peers.length >= 3);
    await locked.stop();
    desk = await JobsDesk.open(port);
    await desk.server.line('ACK');
  });

  test('a FAIL of a job that is no longer reserved is a warning, any other refusal is an error', async () => {
    const lines: string[] = [];
    desk.answers.set('FAIL', '-ERR Job not found jid-00001\r\n');
    desk.give({ jobtype: 'Unknown' });
    desk.answers.set('ACK', '-ERR disk full\r\n');
    desk.give({ jid: 'jid-00002' });
    const say = (message: string): void => void lines.push(message);
    await make({ log: { debug() {}, info() {}, warn: say, error: say } }).start();
    await desk.server.line('FETCH', 3);
    await workers[0]?.stop();
    expect(lines).toEqual([
      expect.stringMatching(/^job failed: UnknownJobtype/),
      'the job was no longer reserved: its result was already reported, or its reservation expired',
      'ACK failed; the server will retry the job when its reservation expires: disk full',
    ]);
  });

  test('a worker that starts before its server waits for it', async () => {
    const { port } = desk.server;
    await desk.server.stop();
    const worker = make();
    const started = worker.start();
    desk = await JobsDesk.open(port);
    await started;
    await desk.server.line('FETCH');
    await worker.stop();
  });

  test('a wrong password rejects start and the worker is stopped', async () => {
    desk.answers.set('BEAT', '-ERR Invalid password\r\n');
    const worker = make();
    await expect(worker.start()).rejects.toMatchObject({ code: 'AUTH' });
    await worker.stopped;
    expect(worker.state).toBe('stopped');
  });
});

describe('the heart', () => {
  test('a BEAT has wid, state and memory, on its own connection with the same wid', async () => {
    const worker = make({ labels: ['blue'] });
    await worker.start();
    await desk.server.line('FETCH');
    expect(desk.said('BEAT')).toEqual([
      {
        wid: worker.wid,
        current_state: 'running',
        rss_kb: expect.any(Number),
        lag_ms: expect.any(Number),
        slots: expect.any(Number),
      },
    ]);
    const hellos = desk.server.peers.map(({ lines }) => JSON.parse(lines[0]?.slice(6) ?? ''));
    const self = { v: 2, wid: worker.wid, pid: process.pid, hostname: expect.any(String), labels: ['blue'] };
    expect(hellos).toEqual([self, self, self]); // the heart, the FETCHB connection, the slot
  });

  test('beats at its interval, and at every change of state', async () => {
    const worker = make({ beatInterval: 20 });
    await worker.start();
    await desk.server.line('BEAT', 3);
    worker.quiet();
    await desk.server.until(() => desk.said('BEAT').some(({ current_state }) => current_state === 'quiet'));
  });

  test('a worker that the server does not know sends HELLO again', async () => {
    desk.answers.set('BEAT', undefined);
    const started = make().start();
    await desk.server.line('BEAT');
    desk.server.say('+OK\r\n');
    await started;
    const [worker] = workers;
    desk.answers.set('BEAT', '-ERR unknown worker x\r\n');
    worker?.quiet();
    await desk.server.line('BEAT', 2);
    desk.answers.clear();
    await desk.server.line('BEAT', 3);
    const last = desk.server.peers.at(-1)?.lines ?? [];
    expect(last[0]).toContain(`"wid":"${worker?.wid}"`);
    expect(last[1]).toMatch(/^BEAT .*"quiet"/);
  });

  test('quiet from the server makes the worker quiet, terminate stops it', async () => {
    desk.answers.set('BEAT', '$17\r\n{"state":"quiet"}\r\n');
    const quieted = make();
    await quieted.start();
    expect(quieted.state).toBe('quiet');
    expect(desk.server.lines.some((line) => line.startsWith('FETCH'))).toBe(false);
    desk.answers.set('BEAT', '$21\r\n{"state":"terminate"}\r\n');
    const ended = make();
    await ended.start();
    await ended.stopped;
    expect(ended.state).toBe('stopped');
  });

  test('an unknown answer to BEAT is ignored', async () => {
    desk.answers.set('BEAT', '$13\r\n{"state":null\r\n');
    await expect(make().start()).rejects.toMatchObject({ code: 'PROTOCOL' });
    desk.answers.set('BEAT', '$17\r\n{"state":"other"}\r\n');
    const worker = make();
    await worker.start();
    expect(worker.state).toBe('running');
  });
});

describe('quiet', () => {
  test('quiet ends the wait for a job, finishes the running jobs, and keeps beating', async () => {
    const { run, entered, open } = gate();
    const worker = make({ concurrency: 2, handlers: { Run: run } });
    desk.give({});
    await worker.start();
    await entered;
    await desk.server.line('FETCH', 2);
    worker.quiet();
    await desk.server.line('BEAT', 2);
    expect(desk.said('BEAT').at(-1)).toMatchObject({ current_state: 'quiet' });
    open();
    await desk.server.line('ACK');
    await desk.server.line('END', 2);
    expect(worker.state).toBe('quiet');
    expect(desk.server.lines.filter((line) => line.startsWith('FETCH'))).toHaveLength(2);
  });

  test('a job that was already on its way is run', async () => {
    const worker = make();
    await worker.start();
    await desk.server.line('FETCH');
    const peer = desk.server.peers.find(({ lines }) => lines.includes('FETCH default'));
    peer?.socket.removeAllListeners('end');
    worker.quiet();
    await desk.server.line('END');
    desk.give({});
    peer?.socket.end();
    await desk.server.line('ACK');
    expect(desk.said('ACK')).toEqual([{ jid: 'jid-00001' }]);
  });
});

describe('stop', () => {
  test('stop waits for running jobs, reports them, and sends END on every connection', async () => {
    const { run, entered, open } = gate();
    const worker = make({ concurrency: 3, handlers: { Run: run } });
    desk.give({});
    await worker.start();
    const { signal } = await entered;
    await desk.server.line('FETCH', 3);
    const stopped = worker.stop();
    await desk.server.line('BEAT', 2);
    expect(desk.said('BEAT').at(-1)).toMatchObject({ current_state: 'terminate' });
    expect(worker.state).toBe('stopping');
    open();
    await stopped;
    expect(signal.aborted).toBe(false);
    expect(desk.said('ACK')).toHaveLength(1);
    expect(desk.server.lines.filter((line) => line === 'END')).toHaveLength(5);
    await expect(worker.start()).rejects.toMatchObject({ code: 'CONFIG' });
  });

  test('at the deadline the signal is aborted, the job fails once, and its handler does not count any more', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { run, entered, open } = gate();
    const worker = make({ shutdownTimeout: 5000, handlers: { Run: run } });
    desk.give({});
    await worker.start();
    const { signal } = await entered;
    const stopped = worker.stop();
    await desk.server.line('BEAT', 2);
    vi.advanceTimersByTime(4999);
    expect(signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    await stopped;
    expect(signal.reason).toMatchObject({ code: 'SHUTDOWN' });
    open();
    await new Promise(setImmediate);
    const failure = {
      jid: 'jid-00001',
      errtype: 'WorkerStopped',
      message: 'the worker stopped before the job ended',
    };
    expect(desk.said('FAIL')).toEqual([failure]);
    expect(desk.said('ACK')).toEqual([]);
  });

  test('a second stop sets the deadline to now, also for a handler that never settles', async () => {
    const { run, entered } = gate();
    const worker = make({ handlers: { Run: run } });
    desk.give({});
    await worker.start();
    await entered;
    void worker.stop();
    await worker.stop();
    expect(desk.said('FAIL')).toMatchObject([{ errtype: 'WorkerStopped' }]);
  });

  test('a worker stops when the server does not answer any more', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { run, entered } = gate();
    const worker = make({ shutdownTimeout: 0, handlers: { Run: run } });
    desk.give({});
    await worker.start();
    await entered;
    desk.answers.set('', undefined);
    const stopped = worker.stop();
    vi.advanceTimersByTime(0);
    await desk.server.line('FAIL');
    vi.setTimerTickMode('nextTimerAsync');
    await stopped;
  });

  test('stop is quick when the server is away and no job runs', async () => {
    const worker = make({ concurrency: 5 });
    await worker.start();
    await desk.server.line('FETCH', 5);
    await desk.server.stop();
    await worker.stop();
    expect(worker.state).toBe('stopped');
  });

  test('stop works before start, and while start waits for a server', async () => {
    const idle = make();
    await idle.stop();
    await expect(idle.start()).rejects.toMatchObject({ code: 'CONFIG' });
    await desk.server.stop();
    const waiting = make();
    const started = waiting.start();
    const refused = expect(started).rejects.toMatchObject({ code: 'ABORTED' });
    await waiting.stop();
    await refused;
    expect(desk.server.peers).toHaveLength(0);
  });
});

test.each<[string, Partial<WorkerOptions>]>([
  ['no handlers', { handlers: {} }],
  ['no slots', { concurrency: 0 }],
  ['half a slot', { concurrency: 1.5 }],
  ['a negative deadline', { shutdownTimeout: -1 }],
  ['a beat that is no number', { beatInterval: Number.NaN }],
  ['no queues', { queues: [] }],
  ['a URL that is none', { url: 'x' }],
])('%s is a CONFIG error of the constructor', (_name, options) => {
  expect(() => make(options)).toThrow(expect.objectContaining({ code: 'CONFIG' }));
});
