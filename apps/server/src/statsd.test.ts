import { expect, it } from 'vitest';
import { statsdOption } from './statsd.ts';

const source = (table: string, key = '') => `FILE: [${table}] ${key}`;
const none = { location: undefined, namespace: undefined, tags: undefined, queueLatency: undefined };

it("metrics are sent to the address of [statsd], else to Datadog's, else nowhere", () => {
  const toml = { ...none, location: 'stats.example:9125', tags: ['env:prod'], namespace: 'jobs.' };
  expect(statsdOption(toml, 'udp://agent:8125', source)).toEqual({
    host: 'stats.example',
    port: 9125,
    tags: ['env:prod'],
    namespace: 'jobs.',
  });
  expect(statsdOption(undefined, 'udp://10.0.0.1:8126', source)).toEqual({ host: '10.0.0.1', port: 8126 });
  expect(statsdOption({ ...none, location: 'localhost' }, undefined, source)).toEqual({
    host: 'localhost',
    port: 8125,
  });
  expect(statsdOption(undefined, undefined, source)).toBeUndefined();
});

it.each([
  [none, undefined, /^FILE: \[statsd\] +needs location/],
  [{ ...none, location: 'a:99999' }, undefined, /^FILE: \[statsd\] location: "a:99999" is not an address/],
  [{ ...none, location: 'a b' }, undefined, /is not an address/],
  [
    { ...none, location: 'a', tags: ['1st'] },
    undefined,
    /^FILE: \[statsd\] tags: "1st" cannot be used; a tag begins with a letter/,
  ],
  [{ ...none, location: 'a', namespace: 'a|b' }, undefined, /^FILE: \[statsd\] namespace: "a\|b" cannot/],
  [undefined, 'udp://a b', /^DD_DOGSTATSD_URL: "a b" is not an address/],
  [undefined, 'unix:///var/run/dsd.sock', /only udp:/],
])('refuses what cannot work: %j %s', (toml, url, text) => {
  expect(() => statsdOption(toml, url, source)).toThrow(text);
});
