import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@faktory-ts/client';
import { afterEach, describe, expect, it } from 'vitest';
import { endAll, faktory, free, freshFolder } from './program.ts';

afterEach(endAll);

/** Runs a command on the data folder; returns its output. */
async function tokens(dir: string, ...words: string[]): Promise<string> {
  const command = faktory(['tokens', ...words, '-d', dir]);
  const status = await command.ended;
  return status === 0 ? command.out.trim() : `${status}: ${command.err}`;
}

describe('faktory tokens', () => {
  it('without -d and --url says how to ask the server of FAKTORY_URL', async () => {
    const env = { FAKTORY_URL: 'tcp://:sesame@localhost:1' };
    const command = faktory(['tokens'], env);
    expect(await command.ended).toBe(1);
    expect(command.err).toMatch(
      /^faktory tokens: there is no data folder .*to ask the server of FAKTORY_URL, use --url "\$FAKTORY_URL"\n$/,
    );
    expect(command.err).not.toContain('sesame');
    const plain = faktory(['tokens']);
    await plain.ended;
    expect(plain.err).not.toContain('FAKTORY_URL');
  });

  it('makes a token that works in a URL at once, lists it without its secret, and revokes it under its connection', async () => {
    const dir = freshFolder();
    const program = faktory([...free, '-d', dir, '-l', 'debug'], { FAKTORY_PASSWORD: 'hunter2' });
    const port = await program.port();
    const secret = await tokens(dir, 'add', 'shop', '--scope', 'push');
    program.signal('SIGHUP');
    await program.says(/SIGHUP: reloaded/);
    const client = new Client({ url: `tcp://shop:${secret}@localhost:${port}` });
    await client.push({ jobtype: 'Mail', args: ['to somebody'] });
    await expect(client.pauseQueue('default')).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(await tokens(dir)).toMatch(/^NAME +SCOPE +MADE\nshop +push +/);
    expect(await tokens(dir)).not.toContain(secret);
    await tokens(dir, 'revoke', 'shop');
    program.signal('SIGHUP');
    await expect.poll(() => program.out.match(/SIGHUP: reloaded/g)?.length).toBe(2);
    await expect(client.push({ jobtype: 'Mail', args: [] })).rejects.toMatchObject({ code: 'AUTH' });
    await client.close();
    expect(await tokens(dir, 'revoke', 'shop')).toBe('1: faktory tokens: there is no token shop\n');
    await program.stop();
    const log = program.out + program.err + readFileSync(join(dir, 'audit.log'), 'utf8');
    for (const hidden of [secret, 'hunter2', 'to somebody']) expect(log).not.toContain(hidden);
  });

  it('uses a running server with --url: lists, revokes, and says where to add, without a secret on the network', async () => {
    const dir = freshFolder();
    await tokens(dir, 'add', 'shop', '--scope', 'push');
    const program = faktory([...free, '-d', dir], { FAKTORY_PASSWORD: 'hunter2' });
    const url = `tcp://:hunter2@localhost:${await program.port()}`;
    const ask = async (...words: string[]) => {
      const command = faktory(['tokens', ...words, '--url', url]);
      return { status: await command.ended, out: command.out, err: command.err };
    };
    const listed = await ask();
    expect([listed.status, listed.out]).toEqual([
      0,
      expect.stringMatching(/^NAME +SCOPE +MADE\nshop +push /),
    ]);
    expect(listed.err).toContain(`the tokens are in ${dir} on `);
    const added = await ask('add', 'other', '--scope', 'push');
    expect([added.status, added.out]).toEqual([1, '']);
    expect(added.err).toContain(`DIR is ${dir} on `);
    expect(await ask('revoke', 'shop', '--json')).toMatchObject({ status: 0, out: '{"revoked":"shop"}\n' });
    expect(await ask('revoke', 'shop')).toMatchObject({
      status: 1,
      err: expect.stringMatching(/no token shop/),
    });
    expect(await tokens(dir)).toBe('');
    expect(await tokens(dir, '--url', url)).toMatch(/^2: .*not both/);
  });

  it('names the bad place in tokens.json with advice: at the start, in commands, at HUP and in doctor', async () => {
    const dir = freshFolder();
    const path = join(dir, 'tokens.json');
    const program = faktory([...free, '-d', dir], { FAKTORY_PASSWORD: 'hunter2' });
    await program.port();
    writeFileSync(path, '{"version": 1,\n "tokens": [] "sesame"}', { mode: 0o600 });
    program.signal('SIGHUP');
    const told = `${path} is not JSON: line 2, column 15; restore the file from a copy, or delete it`;
    await program.says(/SIGHUP: nothing was changed/);
    expect(program.out).toContain(told);
    expect(program.out).not.toContain('SIGHUP: reloaded');
    for (const words of [[], ['add', 'shop', '--scope', 'push'], ['revoke', 'shop']])
      expect(await tokens(dir, ...words)).toContain(`1: faktory tokens: ${told}`);
    await program.stop();
    const next = faktory([...free, '-d', dir]);
    expect([await next.ended, next.err]).toEqual([1, expect.stringContaining(told)]);
    const doctor = faktory(['doctor', '-d', dir]);
    expect(await doctor.ended).toBe(1);
    expect(doctor.out).toMatch(/WRONG +tokens .* is not JSON: line 2, column 15\n +→ restore the file/);
    expect(program.out + next.err + doctor.out).not.toContain('sesame');
  });

  it('reports wrong usage and exits with 2', async () => {
    expect(await tokens(freshFolder(), 'add', 'shop')).toMatch(/^2: faktory tokens: a token needs --scope/);
    expect(await tokens(freshFolder(), 'remove', 'shop')).toMatch(/^2: faktory tokens: write faktory tokens/);
  });
});
