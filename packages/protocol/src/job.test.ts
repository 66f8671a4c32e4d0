import { expect, test } from 'vitest';
import { newJid } from './job.ts';

test('jids are 24 characters safe in a URL, and do not repeat', () => {
  const jids = Array.from({ length: 1000 }, newJid);
  for (const jid of jids) expect(jid).toMatch(/^[A-Za-z0-9_-]{24}$/);
  expect(new Set(jids).size).toBe(1000);
});
