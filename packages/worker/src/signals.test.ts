import { EventEmitter } from 'node:events';
import { expect, test, vi } from 'vitest';
import { silent } from './log.ts';
import { obeySignals } from './signals.ts';

test('TERM and INT stop a worker, also twice, TSTP makes it quiet, TTIN logs its jobs, and afterwards no signal has an effect', () => {
  const source = new EventEmitter();
  const worker = { running: [], quiet: vi.fn(), stop: vi.fn(async () => undefined) };
  const info = vi.fn();
  const forget = obeySignals(worker, source, { ...silent, info });
  source.emit('SIGTSTP');
  source.emit('SIGTERM');
  source.emit('SIGINT');
  expect(worker.quiet).toHaveBeenCalledTimes(1);
  expect(worker.stop).toHaveBeenCalledTimes(2);
  source.emit('SIGTTIN');
  expect(info).toHaveBeenCalledWith('running jobs', { count: 0 });
  forget();
  source.emit('SIGTERM');
  expect(worker.stop).toHaveBeenCalledTimes(2);
  expect(source.eventNames()).toEqual([]);
});
