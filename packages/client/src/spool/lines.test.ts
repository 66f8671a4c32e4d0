import { expect, test } from 'vitest';
import { SpoolLines } from './lines.ts';
import type { SpooledLine } from './record.ts';
import type { SpoolFile, WaitingLine } from './spool-file.ts';

const line = (...jids: string[]) =>
  ({ number: 1, text: `PUSHB ${JSON.stringify(jids.map((jid) => ({ jid })))}` }) as WaitingLine;
const answer = { refusal: 'ERR line longer than 1000 bytes', tooLong: true };

/** Which jobs stay and which are refused when a line was too long. */
async function settled(waiting: WaitingLine): Promise<{ kept: string[]; refused: unknown[] }> {
  const kept: string[] = [];
  const refused: unknown[] = [];
  const file = {
    done: async (_number: number, parts: SpooledLine[]) => void kept.push(...parts.map(({ text }) => text)),
  } as unknown as SpoolFile;
  const lines = new SpoolLines(file, (job) => void refused.push(job.jid));
  await lines.settle([{ line: waiting, ...answer }]);
  return { kept, refused };
}

test('a spooled line that is too long for the server becomes two shorter ones', async () => {
  expect(await settled(line('a', 'b', 'c'))).toEqual({
    kept: ['PUSHB [{"jid":"a"},{"jid":"b"}]', 'PUSHB [{"jid":"c"}]'],
    refused: [],
  });
});

test('a spooled job that is too long alone is refused', async () => {
  expect(await settled(line('a'))).toEqual({ kept: [], refused: ['a'] });
});
