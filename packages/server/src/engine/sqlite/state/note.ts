/**
 * Converts the refusals of a push to the JSON of the `note` table and back.
 * Older stores hold the reply itself, as a text or an object.
 */
import type { ErrorCode } from '@faktory-ts/protocol';
import type { PushNote, RefusedJob } from '../../engine.ts';

/** As stored. `of`: `l` for refusals of a whole line, `j` for refusals of its jobs. */
interface Stored {
  readonly of: 'l' | 'j';
  readonly refused: readonly (readonly [jid: string, code: ErrorCode | '', reason: string])[];
}

export function writeNote({ of, refused }: PushNote): string {
  const stored: Stored = {
    of: of === 'line' ? 'l' : 'j',
    refused: refused.map(({ jid, code, reason }) => [jid, code ?? ('' as const), reason] as const),
  };
  return JSON.stringify([stored]);
}

export function readNote(text: string): PushNote {
  const stored = JSON.parse(text) as readonly [Stored] | Record<string, string> | string;
  if (typeof stored === 'string') return { of: 'line', refused: [{ jid: '', reason: stored }] };
  if (!Array.isArray(stored)) {
    const answer = Object.entries(stored as Record<string, string>);
    return { of: 'jobs', refused: answer.map(([jid, reason]) => ({ jid, reason })) };
  }
  const [{ of, refused }] = stored as readonly [Stored];
  const jobs = refused.map(
    ([jid, code, reason]): RefusedJob => ({ jid, code: code === '' ? undefined : code, reason }),
  );
  return { of: of === 'l' ? 'line' : 'jobs', refused: jobs };
}
