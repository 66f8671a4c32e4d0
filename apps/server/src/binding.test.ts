import { describe, expect, it } from 'vitest';
import { parseBinding } from './binding.ts';

describe('parseBinding', () => {
  it.each([
    [':7419', '', 7419],
    ['localhost:7419', 'localhost', 7419],
    ['0.0.0.0:7419', '0.0.0.0', 7419],
    ['jobs.example.com:80', 'jobs.example.com', 80],
    ['[::1]:7419', '::1', 7419],
    ['[::]:0', '::', 0],
    ['[]:7419', '', 7419],
  ])('reads %s and keeps it as typed', (text, host, port) => {
    expect(parseBinding(text, '--bind')).toEqual({ text, host, port });
  });

  it.each(['', '7419', 'localhost', '::1:7419', 'a b:1', 'localhost:x', 'localhost:-1', 'localhost:'])(
    'refuses %j with an example',
    (text) => {
      expect(() => parseBinding(text, '--bind')).toThrow(/^--bind: ".*" is not an address; write HOST:PORT/);
    },
  );

  it('refuses a port that cannot exist', () => {
    expect(() => parseBinding(':99999', '--web')).toThrow('--web: there is no port 99999');
  });

  it('refuses a name in brackets', () => {
    expect(() => parseBinding('[localhost]:7419', '--bind')).toThrow('not an IPv6 address');
  });
});
