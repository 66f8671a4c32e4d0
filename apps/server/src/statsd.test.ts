import { expect, it } from 'vitest';
import { statsdOption } from './statsd.ts';

const none = { location: undefined, namespace: undefined, tags: undefined, queueLatency: undefined };

it('sends figures where [statsd] says, else where Datadog does, else nowhere', () => {
  const toml = { ...none, location: 'stats.example:9125', tags: ['env:prod'], namespace: 'jobs.' };
  expect(statsdOption(toml, 'udp://agent:8125')).toEqual({
    host: 'stats.example',
    port: 9125,
    tags: ['env:prod'],
    namespace: 'jobs.',
  });
  expect(statsdOption(undefined, 'udp://10.0.0.1:8126')).toEqual({ host: '10.0.0.1', port: 8126 });
  expect(statsdOption({ ...none, location: 'localhost' }, undefined)).toEqual({
    host: 'localhost',
    port: 8125,
  });
  expect(statsdOption(undefined, undefined)).toBeUndefined();
});

it.each([
  [none, undefined, /needs location/],
  [{ ...none, location: 'a:99999' }, undefined, /"a:99999" is no address/],
  [{ ...none, location: 'a b' }, undefined, /is no address/],
  [{ ...none, location: 'a', tags: ['1st'] }, undefined, /"1st" cannot be used; a tag begins with a letter/],
  [undefined, 'unix:///var/run/dsd.sock', /only udp:/],
])('refuses what cannot work: %j %s', (toml, url, text) => {
  expect(() => statsdOption(toml, url)).toThrow(text);
});
