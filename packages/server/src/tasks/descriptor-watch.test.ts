import { expect, it, vi } from 'vitest';
import { DescriptorWatch } from './descriptor-watch.ts';

it('a lack of descriptors is logged once a minute, and its end is logged once', () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  try {
    const log = { debug() {}, info: vi.fn(), warn() {}, error: vi.fn() };
    let code: string | undefined;
    const watch = new DescriptorWatch(log, () => {
      if (code) throw Object.assign(new Error(code), { code });
    });
    watch.check();
    expect([watch.exhausted, log.error.mock.calls.length]).toEqual([false, 0]);
    code = 'EMFILE';
    for (let n = 0; n < 59; n++) {
      watch.check();
      vi.advanceTimersByTime(1000);
    }
    expect([watch.exhausted, log.error.mock.calls.length]).toEqual([true, 1]);
    vi.advanceTimersByTime(1000);
    watch.check();
    expect(log.error).toHaveBeenCalledTimes(2);
    expect(log.error).toHaveBeenLastCalledWith(expect.stringContaining('raise the limit (LimitNOFILE'));
    code = undefined;
    watch.check();
    watch.check();
    expect([watch.exhausted, log.info.mock.calls.length]).toEqual([false, 1]);
    code = 'EACCES'; // not an error of descriptors
    watch.check();
    expect(watch.exhausted).toBe(false);
  } finally {
    vi.useRealTimers();
  }
});

it('the check finds a free descriptor in this process', () => {
  const watch = new DescriptorWatch({ debug() {}, info() {}, warn() {}, error() {} });
  watch.check();
  expect(watch.exhausted).toBe(false);
});
