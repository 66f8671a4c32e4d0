/**
 * The text of a family in `/metrics`, made in parts: a thousand queues have 17,000 samples of one name, and the wire is served in between.
 */
import { visible } from '@faktory-ts/protocol';
import type { Metric, Registry } from 'prom-client';
import { pageParts } from '../rounds.ts';
import type { Family, Sample } from './families.ts';

const MOST_AT_ONCE = 1000; // samples
const HEAD = /^# HELP .*\n# TYPE .*\n/;

/** The text with its head; `Fresh` is the library's class. */
export async function familyText(Fresh: new () => Registry, family: Family): Promise<string> {
  const parts: string[] = [];
  let from = 0;
  do {
    const registry = new Fresh();
    const values = family.values.slice(from, from + MOST_AT_ONCE);
    registry.registerMetric(asMetric({ ...family, values }));
    const text = await registry.metrics();
    parts.push(from === 0 ? text : text.replace(HEAD, ''));
    from += MOST_AT_ONCE;
    await pageParts.next();
  } while (from < family.values.length);
  return parts.join('');
}

/** The library asks a metric for nothing but its name and what `get` gives. */
function asMetric(family: Family): Metric {
  const values = family.values.map((sample) => ({ ...sample, labels: shown(sample.labels) }));
  const get = async () => ({ ...family, values, aggregator: 'sum' });
  return { name: family.name, get } as unknown as Metric;
}

/** Names are clients' texts: what would not be seen of them on a page of graphs is escaped. */
function shown(labels: Sample['labels']): Sample['labels'] {
  const entries = Object.entries(labels);
  return entries.every(([, value]) => visible(value) === value)
    ? labels
    : Object.fromEntries(entries.map(([name, value]) => [name, visible(value)]));
}
