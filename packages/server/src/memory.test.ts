/**
 * What a server process may keep in memory, as one table. Everything else is in the engine, so that
 * a restart loses nothing and two servers could share a store.
 *
 * The kinds: `sockets` and what waits on them, `calls` that wait for their turn, a `cache` that can
 * be built again, `figures` since the start, a `pace` that limits one process, a `copy` of a file,
 * and `alone`: what two servers on one store would have to share.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

type Kind = 'sockets' | 'calls' | 'cache' | 'figures' | 'pace' | 'copy' | 'alone';

/** By file, the fields that hold more than one value. */
const kept: Record<string, Record<string, Kind>> = {
  'access/access.ts': { '#tokens': 'copy' },
  'access/audit-budget.ts': { '#buckets': 'pace', '#counted': 'figures' },
  'access/logins.ts': { '#brakes': 'pace' },
  'access/prover.ts': { '#idle': 'cache', '#threads': 'cache', '#waiting': 'calls', '#turns': 'pace' },
  'access/sessions.ts': { '#known': 'cache', '#unsaved': 'cache', '#renewing': 'calls' },
  'features/unique/canonical-json.ts': { '#open': 'calls' },
  'features/unique/pieces.ts': { '#parts': 'calls', '#short': 'calls' },
  'http/bodies.ts': { '#bodies': 'sockets' },
  'http/connections.ts': { '#held': 'sockets', '#unfinished': 'sockets' },
  'http/live.ts': { '#pages': 'sockets', '#due': 'sockets' },
  'http/login-pace.ts': { '#sockets': 'calls' },
  'http/rates.ts': { '#notes': 'figures' },
  'http/replies.ts': { '#unsent': 'sockets' },
  'http/sampler.ts': { '#wanted': 'sockets', '#told': 'sockets' },
  'http/seconds.ts': { '#samples': 'figures' },
  'http/turns.ts': { '#callers': 'pace' },
  'jobs/extras.ts': { '#failed': 'pace' },
  'jobs/ignored.ts': { '#saidAt': 'pace' },
  'jobs/jobs.ts': { '#refusals': 'cache' },
  'jobs/tail.ts': { '#kept': 'cache', '#waiting': 'calls' },
  'jobs/waiting.ts': {
    ...{ '#byQueue': 'sockets', '#waiters': 'sockets' },
    ...{ '#unclaimed': 'cache', '#closedGates': 'cache' },
  },
  'rounds.ts': { '#waiting': 'calls' },
  'stalls.ts': { '#loads': 'figures' },
  'tasks/shrink-task.ts': { '#free': 'figures' },
  'tasks/statsd.ts': { '#ended': 'figures', '#lines': 'figures', '#timers': 'cache' },
  'tasks/storage-watch.ts': { '#logged': 'pace' },
  'tls.ts': { '#addresses': 'sockets', '#reported': 'pace' },
  'unauthenticated.ts': { '#crowds': 'sockets' },
  'wire/listener.ts': { '#clients': 'sockets', '#raw': 'sockets', '#producers': 'alone' },
  'wire/outbox.ts': { '#before': 'sockets' },
  'wire/slots.ts': { '#slots': 'calls' },
  'wire/unfinished.ts': { '#lines': 'sockets' },
  'wire/unsent.ts': { '#debtors': 'sockets' },
  'workers/roster.ts': { '#records': 'alone' },
};

const folder = fileURLToPath(new URL('.', import.meta.url));

/** Fields that begin as an empty collection. */
function fieldsOf(file: string): string[] {
  const text = readFileSync(folder + file, 'utf8');
  const field = /^ {2}(?:readonly )?(#?\w+)(?:: [^=\n]+)? = (?:new (?:Weak)?(?:Map|Set)\b.*|\[\]);$/gm;
  return [...text.matchAll(field)].flatMap(([, name]) => name ?? []);
}

test('a process keeps in memory what the table allows, and all else is in the engine', () => {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !name.startsWith('engine/'));
  const found = files.map((file) => [file, fieldsOf(file).sort()] as const);
  const holding = found.filter(([, fields]) => fields.length > 0);
  const allowed = Object.entries(kept).map(([file, fields]) => [file, Object.keys(fields).sort()]);
  expect(Object.fromEntries(holding)).toEqual(Object.fromEntries(allowed));
});
