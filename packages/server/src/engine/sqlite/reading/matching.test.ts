import { expect, test, vi } from 'vitest';
import { withFewEscapes } from './escapes.ts';
import { decision } from './matching.ts';

vi.mock('./escapes.ts', async (original) => {
  const { withFewEscapes } = await original<typeof import('./escapes.ts')>();
  return { withFewEscapes: vi.fn(withFewEscapes) };
});

const document = String.raw`{"retry":25,"jid":"j","queue":"q","jobtype":"T","created_at":"2026-01-01T00:00:00Z","args":["\u0041\u0042"]}`;
const row = { document, failure: null };

test('the escapes of a job are read once, however many conditions look at its arguments', () => {
  const matches = decision({ places: ['ready'], text: 'AB', search: 'A', jobtypes: ['T'] });
  expect(matches?.(row)).toBe(true);
  expect(withFewEscapes).toHaveBeenCalledTimes(1);
});

test('a text with a quote is found as JSON writes it and as it is', () => {
  const quoted = { document: document.replace(String.raw`\u0041`, String.raw`\u0022`), failure: null };
  expect(decision({ places: ['ready'], text: '"B' })?.(quoted)).toBe(true);
  expect(decision({ places: ['ready'], text: String.raw`\"B` })?.(quoted)).toBe(true);
  expect(decision({ places: ['ready'], text: '"C' })?.(quoted)).toBe(false);
});
