import { expect, test } from 'vitest';
import { dump } from './dump.ts';
import { lineLogger } from './log-lines.ts';

function dumped(...[running, report]: [Parameters<typeof dump>[0], Parameters<typeof dump>[2]?]): string {
  const lines: string[] = [];
  const log = lineLogger('info', (line) => lines.push(line.replace(/^I \S+ /, '')));
  dump(running, log, report);
  return lines.join('');
}

test('a dump lists each running job with jid, jobtype, queue and seconds, never its arguments', () => {
  const job = { jid: 'jid-00001', jobtype: 'Mail', args: ['secret'] };
  const text = dumped([
    { job: { ...job, queue: 'slow' }, startedAt: performance.now() - 61_000 },
    { job: { ...job, jid: 'jid-00002' }, startedAt: performance.now() },
  ]);
  expect(text).toMatch(/^running jobs count=2\n/);
  expect(text).toMatch(/\nrunning jid=jid-00001 jobtype=Mail queue=slow seconds=6[1-9][.\d]*\n/);
  expect(text).toMatch(/\nrunning jid=jid-00002 jobtype=Mail queue=default seconds=[.\d]+\n/);
  expect(text).not.toContain('secret');
});

test('a dump shows the stack frames of a handler, or says that there are none', () => {
  const frames = ['at Object.getReport (node:internal/process/report:36:13)', 'at Mail (/app/mail.ts:3:1)'];
  expect(dumped([], { javascriptStack: { stack: frames } })).toMatch(
    /\nstack: at Mail \(\/app\/mail\.ts:3:1\)\n/,
  );
  expect(dumped([], { javascriptStack: { stack: frames.slice(0, 1) } })).toContain('stack: none');
});

test('a dump counts the open handles by kind and peer', () => {
  const active = { is_active: true, is_referenced: true };
  const remoteEndpoint = { ip4: '10.0.0.5', port: 5432 };
  const text = dumped([], {
    libuv: [
      { type: 'tcp', ...active, remoteEndpoint },
      { type: 'tcp', ...active, remoteEndpoint },
      { type: 'tcp', ...active, localEndpoint: { host: '::', port: 80 }, remoteEndpoint: null },
      { type: 'timer', ...active },
      { type: 'timer', is_active: true, is_referenced: false },
    ],
  });
  expect(text.split('\n').filter((line) => line.startsWith('open'))).toEqual([
    'open: tcp to 10.0.0.5:5432 count=2',
    'open: tcp on :::80 count=1',
    'open: timer count=1',
  ]);
});
