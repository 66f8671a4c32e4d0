import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { onSignals } from './signals.ts';

function signalled() {
  const source = new EventEmitter();
  const seen: string[] = [];
  const clock = { now: 0 };
  onSignals(
    source,
    {
      stop: (signal) => seen.push(`stop ${signal}`),
      abandon: (signal) => seen.push(`abandon ${signal}`),
      reload: () => seen.push('reload'),
      dump: () => seen.push('dump'),
    },
    () => clock.now,
  );
  const send = (signal: string, at: number): void => {
    clock.now = at;
    source.emit(signal, signal);
  };
  return { send, seen };
}

describe('signals', () => {
  it.each(['SIGTERM', 'SIGINT'])('%s stops, and again ends at once', (signal) => {
    const { send, seen } = signalled();
    send(signal, 0);
    send(signal, 501);
    expect(seen).toEqual([`stop ${signal}`, `abandon ${signal}`]);
  });

  it('of one Ctrl-C that arrive twice are one request', () => {
    const { send, seen } = signalled();
    send('SIGINT', 0);
    send('SIGINT', 20);
    send('SIGTERM', 500);
    expect(seen).toEqual(['stop SIGINT']);
  });

  it('HUP and TTIN never stop', () => {
    const { send, seen } = signalled();
    send('SIGHUP', 0);
    send('SIGTTIN', 1);
    send('SIGHUP', 2);
    expect(seen).toEqual(['reload', 'dump', 'reload']);
  });
});
