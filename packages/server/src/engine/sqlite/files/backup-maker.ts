/**
 * The backups of an open store: one is made or proved at a time, by a process of its own, which ends with the engine.
 *
 * A stranger would get wrong that the process's file is the built one also when the rest runs from source.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FaktoryError, type Micros } from '@faktory-ts/protocol';
import type { Backup } from '../../engine.ts';
import { backupId, backupsOf, list, pick, prepare, purge } from './backup-folder.ts';
import type { BackupOrder } from './backup-make.ts';

/** What the process does: makes a backup, or proves one. */
export type BackupWork = BackupOrder | { readonly folder: string; readonly proved: Backup };

export class BackupMaker {
  readonly #file: string;
  readonly #folder: string;
  #child: ChildProcess | undefined;
  #running: Promise<Backup> | undefined;
  /** Each process begins behind the last one: it removes what an interrupted one left. */
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(file: string) {
    this.#file = file;
    this.#folder = backupsOf(dirname(file));
  }

  /** Makes a backup and then forgets all but the newest `keep`. While one is being made, it is that one. */
  make(now: Micros, keep: number): Promise<Backup> {
    this.#running ??= this.#after(
      { file: this.#file, folder: this.#folder, id: backupId(now) },
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

  /** Proves that a backup (default: the newest) can be restored. Throws NOT_FOUND and STORAGE. */
  async verify(id: string | undefined): Promise<Backup> {
    const proved = pick(this.#folder, id);
    return this.#after({ folder: this.#folder, proved }, `backup ${proved.id} could not be checked`);
  }

  list(): Backup[] {
    return list(this.#folder);
  }

  /** Ends what is being made; nothing is left of it. */
  async close(): Promise<void> {
    this.#closed = true;
    if (!this.#child) return;
    this.#child.kill('SIGKILL');
    await this.#last.catch(() => undefined);
    await this.#running?.catch(() => undefined);
    try {
      prepare(this.#folder);
    } catch {
      // The next backup tries again, and says why it cannot. A stop must not fail for it.
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
      const said = { out: '', err: '' };
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        said.out += text;
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        said.err += text;
      });
      child.on('error', (cause) => reject(failed(fault, cause.message, cause)));
      child.on('close', (code, signal) => {
        if (code === 0) resolve(JSON.parse(said.out) as Backup);
        else if (this.#closed) reject(new FaktoryError('SHUTDOWN', `${fault}: the server stopped`));
        else reject(failed(fault, said.err.trim() || `its process ended with ${signal ?? code}`));
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
    `${file} is missing: a bundle must keep @faktory-ts/server outside for backups`,
  );
}
