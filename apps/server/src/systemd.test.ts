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

/** A program of that name, which writes down what it was told and where. */
function notifier(): string {
  const file = join(folder, 'systemd-notify');
  writeFileSync(file, `#!/bin/sh\necho "$NOTIFY_SOCKET $*" >"${said}.new" && mv "${said}.new" "${said}"\n`);
  chmodSync(file, 0o700);
  return `${folder}:${process.env.PATH}`;
}

it('tells systemd, when it wants to hear', async () => {
  tellSystemd(['READY=1', 'STATUS=at :7419'], silent, { PATH: notifier(), NOTIFY_SOCKET: '/run/x' });
  await vi.waitFor(() => expect(existsSync(said)).toBe(true));
  expect(readFileSync(said, 'utf8')).toBe('/run/x READY=1 STATUS=at :7419\n');
});

it('does nothing without systemd', async () => {
  const warn = vi.fn();
  tellSystemd(['READY=1'], { ...silent, warn }, { PATH: '/nowhere' });
  tellSystemd(['READY=1'], { ...silent, warn }, { PATH: '/nowhere', NOTIFY_SOCKET: '/run/x' });
  await vi.waitFor(() => expect(warn).toHaveBeenCalledTimes(1)); // the second call: nobody to ask
  expect(warn).toHaveBeenCalledWith(expect.stringContaining('systemd cannot be told READY=1: spawn'));
});
