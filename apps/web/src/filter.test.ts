import { expect, test } from 'vitest';
import { type Filter, jobInHref, jobsHref, queueHref, readFilter, writeFilter } from './filter.ts';

const full: Filter = {
  places: ['ready', 'dead'],
  queues: ['a&b', 'default'],
  jobtypes: ['Mail::Send'],
  jids: ['abc'],
  fingerprints: ['f1'],
  priorities: [1, 9],
  wid: 'w',
  text: '"user": 7',
  error: 'Timeout',
  from: '2026-11-28T00:00:00Z',
  until: '2026-11-29T00:00:00Z',
};

test('a filter written to an address is read back unchanged', () => {
  expect(readFilter(writeFilter(full))).toEqual(full);
  expect(readFilter(writeFilter({}))).toEqual({});
});

test('equal filters give the same address in any order of values', () => {
  expect(writeFilter({ places: ['dead', 'ready'] })).toBe(writeFilter({ places: ['ready', 'dead'] }));
});

test('invalid parts of an address are left out of the filter', () => {
  const search =
    'places=nowhere&places=dead&priorities=0&priorities=x&priorities=5&from=soon&queues=&other=1';
  expect(readFilter(search)).toEqual({ places: ['dead'], priorities: [5] });
});

test('a time written by hand in an address is converted to one that the server accepts', () => {
  expect(readFilter('from=2026-11-28&until=2026-11-28T10:00Z', 'UTC')).toEqual({
    from: '2026-11-28T00:00:00.000Z',
    until: '2026-11-28T10:00:00.000Z',
  });
});

test('a day in an address starts in the time zone of the user', () => {
  const search = 'from=2026-11-28&until=2026-11-29T08:30&failed_from=2026-07-01';
  expect(readFilter(search, 'Asia/Tokyo')).toEqual({
    from: '2026-11-27T15:00:00.000Z',
    until: '2026-11-28T23:30:00.000Z',
    failed_from: '2026-06-30T15:00:00.000Z',
  });
  expect(readFilter(search, 'America/New_York').failed_from).toBe('2026-07-01T04:00:00.000Z');
});

test('names are encoded in addresses', () => {
  expect(jobsHref({})).toBe('/jobs');
  expect(jobsHref({ queues: ['a&b'] })).toBe('/jobs?queues=a%26b');
  expect(queueHref('a.b-c_1')).toBe('/queues/a.b-c_1');
});

test('a name that browsers or proxies would change in a path goes into the query', () => {
  for (const name of ['.', '..', 'a%2fb', 'a/b?', '~', 'a b', 'é'])
    expect(queueHref(name)).toBe(`/queues/~?name=${encodeURIComponent(name)}`);
  for (const name of ['.', '..', 'a%2fb', 'a/../b', '~']) {
    const address = new URL(jobInHref({ jid: name, place: 'dead' }), 'http://localhost/');
    expect(address.pathname).toBe('/jobs/~');
    expect([address.searchParams.get('name'), address.searchParams.get('place')]).toEqual([name, 'dead']);
  }
  expect(jobInHref({ jid: 'abc', place: 'dead' })).toBe('/jobs/abc?place=dead');
});
