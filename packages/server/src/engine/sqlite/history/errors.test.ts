import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ErrorReader } from './errors.ts';

test('many kinds of errors are joined in parts, so that other requests run in between', async () => {
  const groups = Array.from({ length: 1000 }, (_, index) => ({
    ...{
      id: `i${index}`,
      errtype: `E${index}`.padEnd(3000, 'e'),
      message: 'm',
      sample: 's',
      jobtypes: ['T'],
    },
    ...{ retries: 1, dead: 0, first: 1, last: index, jid: 'j' },
  }));
  const history = { version: 1, minute: 0, faults: { all: () => [] } };
  const answers = { failing: { groups, looked: 1000 }, pastFaults: { faults: [] } };
  const reader = { ask: async (what: keyof typeof answers) => answers[what] };
  let [rounds, isDone] = [0, false];
  const errors = new ErrorReader(history as never, reader as never, () => 5)
    .read(1, undefined)
    .finally(() => {
      isDone = true;
    });
  for (; !isDone; rounds++) await setImmediate();
  expect(rounds).toBeGreaterThan(20); // 3.2 million characters, 128 Ki in a part
  expect((await errors).map(({ id }) => id).slice(0, 2)).toEqual(['i999', 'i998']);
});
