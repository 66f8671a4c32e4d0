import { afterEach, describe, expect, it } from 'vitest';
import { endAll, faktory, free, freshFolder } from './program.ts';

afterEach(endAll);

describe('a command of the program', () => {
  it('speaks to the server that --url or FAKTORY_URL names, and ends with 0', async () => {
    const server = faktory([...free, '-d', freshFolder()]);
    const url = `tcp://localhost:${await server.port()}`;
    const told = faktory(['info', '--url', url]);
    expect([await told.ended, told.err]).toEqual([0, '']);
    expect(told.out).toMatch(/^server +faktory-ts .*\n[\s\S]*enqueued +0\n/);
    const json = faktory(['info', '--json'], { FAKTORY_URL: url });
    expect(await json.ended).toBe(0);
    expect(JSON.parse(json.out)).toMatchObject({ faktory: { total_enqueued: 0 } });
  });

  it('that fails says why in one line without the password, and ends with 1', async () => {
    const server = faktory([...free, '-d', freshFolder()], { FAKTORY_PASSWORD: 'right' });
    const told = faktory(['info', '--url', `tcp://:wrong-one@localhost:${await server.port()}`]);
    expect(await told.ended).toBe(1);
    expect(told.err).toMatch(/^faktory info: .*password.*\n$/i);
    expect(told.err + told.out).not.toContain('wrong-one');
  });

  it('that is used wrongly ends with 2', async () => {
    const told = faktory(['info', '--nope']);
    expect([await told.ended, told.err]).toEqual([
      2,
      'faktory info: unknown flag --nope; see faktory info --help\n',
    ]);
  });

  it('that is unknown ends with 2 and starts no server', async () => {
    const told = faktory(['jbos', '-b', 'localhost:0']);
    expect([await told.ended, told.out, told.err]).toEqual([
      2,
      '',
      'faktory: unknown command "jbos"; did you mean jobs?; see faktory --help\n',
    ]);
  });
});
