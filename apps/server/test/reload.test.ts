import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@faktory-ts/client';
import { afterEach, describe, expect, it } from 'vitest';
import { endAll, faktory, freshFolder } from './program.ts';

afterEach(endAll);

const pemFile = (name: string) =>
  fileURLToPath(new URL(`../../../packages/server/test/tls/${name}.pem`, import.meta.url));

/** A configuration folder with a TLS pair, and how its TOML is written. */
function configured(): { dir: string; write: (toml: string) => void; pair: (name: string) => void } {
  const dir = freshFolder();
  mkdirSync(join(dir, 'conf.d'));
  const pair = (name: string): void => {
    copyFileSync(pemFile(`${name}.key`), join(dir, 'private.key.pem'));
    copyFileSync(pemFile(`${name}.cert`), join(dir, 'public.cert.pem'));
  };
  pair('server');
  return { dir, write: (toml) => writeFileSync(join(dir, 'conf.d/a.toml'), toml), pair };
}

describe('HUP', () => {
  it('changes passwords and certificate under connected clients, names what needs a restart, and refuses a bad file', async () => {
    const { dir, write, pair } = configured();
    write('[faktory]\npassword = "first"');
    const program = faktory(['-b', 'localhost:0', '-w', 'localhost:0', '-c', dir, '-d', freshFolder()]);
    const port = await program.port();
    const ca = readFileSync(pemFile('ca.cert'));
    const client = (password: string) =>
      new Client({ url: `tcp+tls://:${password}@localhost:${port}`, tls: { ca } });
    const old = client('first');
    await old.push({ jobtype: 'T', args: [] });

    write('[faktory]\npassword = ["second"]\nbinding = ":9"\n[limits]\ndead-limit = 5');
    pair('renewed');
    program.signal('SIGHUP');
    await program.says(/I .* SIGHUP: reloaded/);
    expect(program.out).toMatch(/W .* needs a restart to take effect: \[limits\] dead-limit$/m);
    await old.push({ jobtype: 'T', args: [] });
    const next = client('second');
    await next.push({ jobtype: 'T', args: [] });
    const late = client('first');
    await expect(late.push({ jobtype: 'T', args: [] })).rejects.toMatchObject({ code: 'AUTH' });
    await Promise.all([old, next, late].map((each) => each.close()));

    write('[faktory]\npassword = 5');
    program.signal('SIGHUP');
    await program.says(
      /E .* SIGHUP: nothing was changed: .*a.toml, line 2: \[faktory\] password must be text/,
    );
    expect(program.out).not.toContain('start again');
    const still = client('second');
    await still.push({ jobtype: 'T', args: [] });
    await still.close();
    expect(program.out).not.toMatch(/first|second/);
  });
});
