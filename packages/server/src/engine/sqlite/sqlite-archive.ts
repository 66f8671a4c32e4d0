/**
 * Implements `Archive` for the SQLite store: backups, disk space and lost files.
 */
import { createReadStream } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { FaktoryError, type Micros } from '@faktory-ts/protocol';
import type { Archive, Backup, Disk, LostFile, Space } from '../engine.ts';
import { backupsOf, madeAt, pathsOf } from './files/backup-folder.ts';
import { BackupMaker } from './files/backup-maker.ts';
import { goneKind, goneText } from './files/existing.ts';
import type { SharedStore } from './shared-store.ts';

export class SqliteArchive implements Archive {
  readonly #open: SharedStore;
  #backups: { readonly of: unknown; readonly maker: BackupMaker } | undefined;

  constructor(open: SharedStore) {
    this.#open = open;
    open.beforeClose(async () => {
      await this.#backups?.maker.close();
      this.#backups = undefined;
    });
  }

  async backup(keep: number): Promise<Backup> {
    const { store, files } = this.#open;
    const lost = await files.lost();
    // The lock file takes no part in a backup.
    if (lost !== undefined && goneKind(lost) !== 'lock_gone')
      throw new FaktoryError('STORAGE', `no backup could be made: ${goneText(lost)}`);
    return this.#maker().make(store.clock(), keep, files.identity(store.file));
  }

  async verifyBackup(id?: string): Promise<Backup> {
    return this.#maker().verify(id);
  }

  async backups(): Promise<readonly Backup[]> {
    return this.#maker().list();
  }

  space(): Promise<Space> {
    const { turn, space } = this.#open.store;
    return turn.run(() => space.read());
  }

  shrink(bytes: number): Promise<number> {
    const { turn, space } = this.#open.store;
    return turn.run(() => {
      if (!space.canShrink || space.read().free === 0) return 0;
      turn.begin();
      return space.shrink(bytes);
    });
  }

  emptyLog(): Promise<void> {
    const store = this.#open.store;
    return store.turn.run(() => store.emptyLogAfterTurn());
  }

  madeAt(id: string): Micros {
    return madeAt(id);
  }

  readBackup(id: string): Readable {
    return createReadStream(pathsOf(backupsOf(dirname(this.#open.store.file)), id).copy);
  }

  async disk(): Promise<Disk> {
    const { bavail, blocks, bsize } = await statfs(dirname(this.#open.store.file));
    return { free: bavail * bsize, total: blocks * bsize };
  }

  async lostFile(): Promise<LostFile | undefined> {
    const path = await this.#open.files.lost();
    return path === undefined ? undefined : { path, kind: goneKind(path) };
  }

  #maker(): BackupMaker {
    const { store } = this.#open;
    if (this.#backups?.of !== store) this.#backups = { of: store, maker: new BackupMaker(store.file) };
    return this.#backups.maker;
  }
}
