import type { ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { runWatched } from './watch.ts';

class FakeChild extends EventEmitter {
  readonly kill = vi.fn<(signal: string) => void>();
}

const say = vi.fn<(message: string) => void>();
let cwd: string;
let children: FakeChild[];
let signals: EventEmitter;
let code: Promise<number>;

beforeEach(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), 'faktory-watched-'));
  children = [];
  signals = new EventEmitter();
  const start = (): ChildProcess => {
    children.push(new FakeChild());
    return children.at(-1) as unknown as ChildProcess;
  };
  code = runWatched({ start, folders: [cwd], signals, say });
});

afterEach(async () => {
  await rm(cwd, { recursive: true });
  vi.clearAllMocks();
});

async function change(file: string): Promise<void> {
  await writeFile(path.join(cwd, file), 'x');
  await vi.waitFor(
    () => expect(say).toHaveBeenCalledWith(expect.stringContaining(`${file} changed`)),
    10_000,
  );
}

test('changes while the child stops send no second signal, and cause one restart', async () => {
  await change('a.ts');
  await change('b.ts');
  await change('c.ts');
  expect(children.map(({ kill }) => kill.mock.calls)).toEqual([[['SIGTERM']]]);
  children[0]?.emit('exit', 0, null);
  expect(children).toHaveLength(2);
  await change('d.ts');
  expect(children[1]?.kill.mock.calls).toEqual([['SIGTERM']]);
  signals.emit('SIGTERM');
  children[1]?.emit('exit', 0, null);
  expect(await code).toBe(0);
});

test('a signal while the child stops for a change is passed on, and there is no restart', async () => {
  await change('a.ts');
  signals.emit('SIGINT');
  expect(children[0]?.kill.mock.calls).toEqual([['SIGTERM'], ['SIGINT']]);
  children[0]?.emit('exit', 0, null);
  expect(await code).toBe(0);
  expect(children).toHaveLength(1);
});
