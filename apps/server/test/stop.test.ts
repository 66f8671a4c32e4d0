import { afterEach, describe, expect, it } from 'vitest';
import { converse, endAll, faktory, free, freshFolder } from './program.ts';

afterEach(endAll);

const push = (jid: string): string => `PUSH ${JSON.stringify({ jid, jobtype: 'T', args: [] })}`;

describe('stopping', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'by %s exits with 0 within seconds and keeps the data',
    async (signal) => {
      const args = [...free, '-d', freshFolder()];
      const first = faktory(args);
      const port = await first.port();
      expect(await converse(port, [push('kept-over-the-stop')])).toContain('+OK\r\n+OK');
      const asked = performance.now();
      first.signal(signal);
      expect(await first.ended).toBe(0);
      expect(performance.now() - asked).toBeLessThan(3000);
      expect(first.out).toMatch(/I \S+ stopped\n$/);

      const second = faktory(args);
      expect(await converse(await second.port(), ['FETCH default'])).toContain('kept-over-the-stop');
    },
  );

  it('does not follow HUP and TTIN', async () => {
    const program = faktory(free);
    const port = await program.port();
    program.signal('SIGHUP');
    await program.says(/I .* SIGHUP: reloaded/);
    program.signal('SIGTTIN');
    await program.says(/W .* state of process \d+ .*open=\{/);
    await program.says(/W .*INFO.* info=\{.*"faktory_version"/);
    expect(await converse(port, ['INFO'])).toContain('"uptime"');
  });

  it('does not follow when the reader of the log goes away', async () => {
    const program = faktory(free);
    const port = await program.port();
    program.child.stdout.destroy();
    program.child.stderr.destroy();
    program.signal('SIGHUP');
    expect(await converse(port, [push('after-the-pipe-broke')])).toContain('+OK\r\n+OK');
    expect(await program.stop()).toBe(0);
  });

  it('follows an unexpected error, with status 1 and the error in the log', async () => {
    const fault = 'data:text/javascript,process.once("SIGUSR2",()=>{throw new Error("boom")})';
    const program = faktory(free, { NODE_OPTIONS: `--import ${JSON.stringify(fault)}` });
    await program.port();
    program.signal('SIGUSR2');
    expect(await program.ended).toBe(1);
    expect(program.out).toMatch(/E \S+ unexpected error.*boom/);
  });
});
