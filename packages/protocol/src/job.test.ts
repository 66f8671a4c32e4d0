import { expect, test } from 'vitest';
import { newJid } from './job.ts';

test('a new jid has 24 URL-safe characters, begins with a letter or a digit, and does not repeat', () => {
  const jids = Array.from({ length: 10_000 }, newJid);
  for (const jid of jids) expect(jid).toMatch(/^[A-Za-z0-9][A-Za-z0-9_-]{23}$/);
  expect(new Set(jids).size).toBe(10_000);
  expect(new Set(jids.map((jid) => jid[0])).size).toBe(62);
});
