/**
 * Conformance: backups and disk space. A store without the capability `Archive` skips these tests.
 */
import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import type { Archive } from '../engine.ts';
import { entries, entry, failure, HOUR, jids, type Open, type Scene, SECOND, scenes } from './scene.ts';

/** A backup compresses and checks the store, in a process of its own. */
const patience = 60_000;

export function exerciseArchive(open: Open): void {
  describe('archive', () => {
    const begin = scenes(open);
    exerciseBackups(begin);
    exerciseKeep(begin);
    exerciseSpace(begin);
  });
}

type Begin = ReturnType<typeof scenes>;

/** Runs the test if the store has the capability. */
function archived(name: string, begin: Begin, run: (scene: Scene, archive: Archive) => Promise<void>): void {
  test(
    name,
    async ({ skip }) => {
      const scene = await begin();
      const { archive } = scene.backend;
      if (!archive) return skip('this store has no Archive');
      await run(scene, archive);
    },
    patience,
  );
}

function exerciseBackups(begin: Begin): void {
  archived(
    'a backup counts the jobs of each place, and its id is the time',
    begin,
    async (scene, archive) => {
      await scene.engine.push(entries(jids('job', 3)));
      await scene.fill('scheduled', ['later-001']);
      await scene.fill('retries', ['retry-001', 'retry-002']);
      await scene.fill('dead', ['dead-0001']);
      await scene.take();
      const made = await archive.backup(5);
      expect(made.jobs).toEqual({ ready: 2, scheduled: 1, retries: 2, working: 1, dead: 1 });
      expect(archive.madeAt(made.id)).toBe(scene.now);
      expect(await archive.verifyBackup()).toEqual(made);
      expect(await archive.backups()).toEqual([made]);
    },
  );

  archived(
    'a backup is read as bytes of the size and hash that its listing has',
    begin,
    async (scene, archive) => {
      await scene.engine.push(entries(jids('job', 100)));
      const { id, bytes, sha256 } = await archive.backup(5);
      const copy = await buffer(archive.readBackup(id));
      expect(copy.length).toBe(bytes);
      expect(createHash('sha256').update(copy).digest('hex')).toBe(sha256);
    },
  );

  archived('an unknown backup is not found', begin, async (_, archive) => {
    expect(await archive.backups()).toEqual([]);
    await expect(archive.verifyBackup('2026-06-10T12-00-00.000Z')).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(archive.verifyBackup()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  archived('jobs go on while a backup is made', begin, async (scene, archive) => {
    await scene.engine.push(entries(jids('job', 1000)));
    let done = false;
    const made = archive.backup(5).finally(() => {
      done = true;
    });
    let settled = 0;
    while (!done && settled < 1000) {
      settled += 1;
      await scene.engine.settle(await scene.take(), { to: 'retries', in: HOUR, failure: failure('no') });
    }
    const { jobs } = await made;
    expect(settled).toBeGreaterThan(0);
    expect(jobs.ready + jobs.working + jobs.retries).toBe(1000);
  });
}

function exerciseKeep(begin: Begin): void {
  archived(
    'the newest backups are kept, newest first, also after a restart',
    begin,
    async (scene, archive) => {
      await scene.engine.push([entry('job-00001')]);
      const made = [];
      for (let count = 0; count < 3; count++) {
        made.unshift(await archive.backup(2));
        scene.now += SECOND;
      }
      expect(await archive.backups()).toEqual(made.slice(0, 2));
      await scene.restart();
      expect(await scene.archive.backups()).toEqual(made.slice(0, 2));
    },
  );

  archived('a closed engine refuses a backup', begin, async (scene, archive) => {
    await scene.engine.close();
    await expect((async () => archive.backup(5))()).rejects.toMatchObject({ name: 'FaktoryError' });
    await scene.restart();
    expect(await scene.archive.backups()).toEqual([]);
  });
}

function exerciseSpace(begin: Begin): void {
  archived('the space of deleted jobs is free, and shrink returns it', begin, async (scene, archive) => {
    const args = ['x'.repeat(4000)];
    await scene.engine.push(entries(jids('job', 500), { args }));
    await archive.emptyLog();
    const full = await archive.space();
    await scene.engine.changeQueues(['default'], 'remove');
    const emptied = await archive.space();
    expect(emptied.free).toBeGreaterThan(full.free + 1_000_000);
    const returned = await archive.shrink(500_000);
    await archive.emptyLog();
    const after = await archive.space();
    expect(returned).toBe(emptied.canShrink ? emptied.free - after.free : 0);
    expect(after.bytes).toBe(emptied.bytes - returned);
  });

  archived('the file system has room, and no file of the store is lost', begin, async (_, archive) => {
    const { free, total } = await archive.disk();
    expect(free).toBeGreaterThan(0);
    expect(total).toBeGreaterThanOrEqual(free);
    expect(await archive.lostFile()).toBeUndefined();
  });
}
