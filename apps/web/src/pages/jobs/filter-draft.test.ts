/** The filter dialog: unchanged parts of a filter stay as they were. */
import { expect, test } from 'vitest';
import { type Filter, readFilter, writeFilter } from '../../filter.ts';
import { withPasted } from '../../parts/values-field.tsx';
import { draftOf, filterOf, valuesOf, withValues } from './filter-draft.ts';

const odd: Filter = {
  places: ['dead'],
  queues: ['a, b', 'c d', ' e '],
  jobtypes: ['Send mail, now', 'a\nb'],
  jids: ['x y,z'],
  fingerprints: ['f1'],
  priorities: [1, 9],
  wid: ' w ',
  text: ' "a",\t ',
  error: '  two  spaces ',
  from: '2026-11-28T00:00:00.123456Z',
  until: '2026-11-29T00:00:00Z',
  failed_from: '2026-11-28T00:00:00.5+02:00',
  failed_until: '2026-11-28T01:00:00Z',
};

test('a filter opened and applied without changes stays exactly the same', () => {
  expect(filterOf(draftOf(odd))).toEqual(odd);
  expect(readFilter(writeFilter(filterOf(draftOf(odd))))).toEqual(odd);
  expect(filterOf(draftOf({}))).toEqual({});
});

test('a typed text is one value, whatever its characters, and is applied without Enter', () => {
  const typed = withValues(draftOf(odd), 'jobtypes', { values: ['Send mail, now'], typed: ' Pay, later ' });
  expect(filterOf(typed)).toEqual({ ...odd, jobtypes: ['Send mail, now', 'Pay, later'] });
  const spaces = withValues(draftOf(odd), 'jids', { ...valuesOf(draftOf(odd), 'jids'), typed: '  ' });
  expect(filterOf(spaces)).toEqual(odd);
});

test('a pasted text has one value per line, and removing the last value removes the filter', () => {
  expect(withPasted({ values: ['a'], typed: 'b' }, 'c, d\r\n\n e \nc, d')).toEqual({
    values: ['a', 'b', 'c, d', 'e'],
    typed: '',
  });
  expect(filterOf(withValues(draftOf({ queues: ['a'] }), 'queues', { values: [], typed: '' }))).toEqual({});
});
