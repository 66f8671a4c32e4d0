/**
 * Makes and verifies the backups of an open store, one at a time, in a child process that ends with
 * the engine.
 *
 * Note: the child runs the built file even when the server runs from source, because childFile()
 * looks in `dist`.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FaktoryError, type Micros } from '@faktory-ts/protocol';
import type { Backup } from '../../engine.ts';
import { backupId, backupsOf, list, pick, prepare, purge } from './backup-folder.ts';
import type { BackupOrder } from './backup-make.ts';

/** The work of the child process: make a backup, or verify one. */
export type BackupWork = BackupOrder | { readonly folder: string; readonly proved: Backup };

export class BackupMaker {
  readonly #file: string;
  readonly #folder: string;
  #child: ChildProcess | undefined;
  #running: Promise<Backup> | undefined;
  /**
   * Each child starts after the last has ended, because it deletes files that an interrupted one
   * left.
   */
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(file: string) {
    this.#file = file;
    this.#folder = backupsOf(dirname(file));
  }

  /**
   * Makes a backup, then deletes all but the newest `keep`. While one is being made, returns that
   * one.
   */
  make(now: Micros, keep: number, identity?: string): Promise<Backup> {
    this.#running ??= this.#after(
      { file: this.#file, folder: this.#folder, id: backupId(now), identity },
      'no backup could be made',
    )
      .then((backup) => {
        purge(this.#folder, keep);
        return backup;
      })
      .finally(() => {
        this.#running = undefined;
      });
    return this.#running;
  }

  /** Verifies that a backup (default: the newest) can be restored. Throws NOT_FOUND and STORAGE. */
  async verify(id: string | undefined): Promise<Backup> {
    const proved = pick(this.#folder, id);
    return this.#after({ folder: this.#folder, proved }, `backup ${proved.id} could not be checked`);
  }

  list(): Backup[] {
    return list(this.#folder);
  }

  /** Stops the child process and deletes its files. */
  async close(): Promise<void> {
    this.#closed = true;
    if (!this.#child) return;
    this.#child.kill('SIGKILL');
    await this.#last.catch(() => undefined);
    await this.#running?.catch(() => undefined);
    try {
      prepare(this.#folder);
    } catch {
      // The next backup tries again and reports the fault. A stop must not fail because of it.
    }
  }

  #after(work: BackupWork, fault: string): Promise<Backup> {
    const done = this.#last.catch(() => undefined).then(() => this.#process(work, fault));
    this.#last = done;
    return done;
  }

  #process(work: BackupWork, fault: string): Promise<Backup> {
    if (this.#closed) return Promise.reject(new FaktoryError('SHUTDOWN', 'shutdown in progress'));
    const child = spawn(process.execPath, [childFile(), JSON.stringify(work)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    return new Promise((resolve, reject) => {
      const output = { out: '', err: '' };
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        output.out += text;
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        output.err += text;
      });
      child.on('error', (cause) => reject(failed(fault, cause.message, cause)));
      child.on('close', (code, signal) => {
        if (code === 0) resolve(JSON.parse(output.out) as Backup);
        else if (this.#closed) reject(new FaktoryError('SHUTDOWN', `${fault}: the server stopped`));
        else reject(failed(fault, output.err.trim() || `its child process ended with ${signal ?? code}`));
      });
    });
  }
}

function failed(fault: string, why: string, cause?: unknown): FaktoryError {
  const text = /^(?:no )?backup /.test(why) ? why : `${fault}: ${why}`;
  return new FaktoryError('STORAGE', text, { cause });
}

function childFile(): string {
  const here = import.meta.url;
  const file = fileURLToPath(
    new URL(here.endsWith('.ts') ? '../../../../dist/backup-child.js' : './backup-child.js', here),
  );
  if (existsSync(file)) return file;
  throw new FaktoryError(
    'CONFIG',
    `${file} is missing: mark @faktory-ts/server as external in the bundle, because backups run this file`,
  );
}
