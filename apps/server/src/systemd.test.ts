import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '@faktory-ts/server';
import { afterEach, expect, it, vi } from 'vitest';
import { tellSystemd } from './systemd.ts';

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const folder = mkdtempSync(join(tmpdir(), 'faktory-systemd-'));
const said = join(folder, 'said');

afterEach(() => rmSync(said, { force: true }));

/** A fake systemd-notify that writes its arguments and its socket to a file. */
function notifier(): string {
  const file = join(folder, 'systemd-notify');
  writeFileSync(file, `#!/bin/sh\necho "$NOTIFY_SOCKET $*" >"${said}.new" && mv "${said}.new" "${said}"\n`);
  chmodSync(file, 0o700);
  return `${folder}:${process.env.PATH}`;
}

it('the state is sent to systemd when NOTIFY_SOCKET is set', async () => {
  tellSystemd(['READY=1', 'STATUS=at :7419'], silent, { PATH: notifier(), NOTIFY_SOCKET: '/run/x' });
  await vi.waitFor(() => expect(existsSync(said)).toBe(true));
  expect(readFileSync(said, 'utf8')).toBe('/run/x READY=1 STATUS=at :7419\n');
});

it('nothing is sent without systemd', async () => {
  const warn = vi.fn();
  tellSystemd(['READY=1'], { ...silent, warn }, { PATH: '/nowhere' });
  tellSystemd(['READY=1'], { ...silent, warn }, { PATH: '/nowhere', NOTIFY_SOCKET: '/run/x' });
  // the second call: systemd-notify is missing
  await vi.waitFor(() => expect(warn).toHaveBeenCalledTimes(1));
  expect(warn).toHaveBeenCalledWith(expect.stringContaining('cannot report READY=1 to systemd: spawn'));
});
