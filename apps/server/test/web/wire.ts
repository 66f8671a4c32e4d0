/**
 * Connections to the command port, to make jobs and to check what the web UI did. `endWires`
 * closes them all.
 */
import { Connection, resolveServers } from '@faktory-ts/client';
import { extensionVersion, type FoundJob, type FoundJobs, type JobsAsk, newJid } from '@faktory-ts/protocol';
import type { Site } from './browser.ts';

const open: Connection[] = [];

/** A connection that may use the extensions; with a wid it is a worker's. */
export class Wire {
  readonly #connection: Connection;

  constructor({ port }: Site, wid?: string, password = '', process = { hostname: 'test-host', pid: 42 }) {
    const secret = password === '' ? '' : `:${password}@`;
    this.#connection = new Connection({
      addresses: resolveServers({ url: `tcp://${secret}127.0.0.1:${port}` }, {}),
      hello: { ...process, labels: ['test'], ...(wid !== undefined && { wid }) },
      extension: () => ({ v: extensionVersion }),
    });
    open.push(this.#connection);
  }

  /** Sends a line; resolves with the reply. */
  async ask(line: string): Promise<string> {
    await this.#connection.ready();
    const reply = await this.#connection.call(`${line}\r\n`);
    return reply.kind === 'nil' ? '' : reply.text;
  }

  /** Returns the jobs that JOBS finds. */
  async jobs(ask: JobsAsk = {}): Promise<FoundJob[]> {
    return (JSON.parse(await this.ask(`JOBS ${JSON.stringify(ask)}`)) as FoundJobs).jobs;
  }

  /** Pushes `count` jobs; resolves with their jids. */
  async push(count = 1, more: object = {}): Promise<string[]> {
    const jids = Array.from({ length: count }, () => newJid());
    const jobs = jids.map((jid, index) => ({ jid, jobtype: 'SendEmail', args: [index], ...more }));
    const refused = await this.ask(`PUSHB ${JSON.stringify(jobs)}`);
    if (refused !== '{}') throw new Error(refused);
    return jids;
  }

  /** Fetches a job; resolves with its jid. */
  async fetch(...queues: string[]): Promise<string> {
    return (JSON.parse(await this.ask(`FETCH ${queues.join(' ') || 'default'}`)) as { jid: string }).jid;
  }

  /** Fetches `count` jobs and fails them. */
  async fail(count = 1, failure: object = {}, ...queues: string[]): Promise<string[]> {
    const jids: string[] = [];
    for (let each = 0; each < count; each++) {
      const jid = await this.fetch(...queues);
      await this.ask(
        `FAIL ${JSON.stringify({ jid, errtype: 'IOError', message: 'disk on fire', backtrace: ['a.rb:1', 'b.rb:2'], ...failure })}`,
      );
      jids.push(jid);
    }
    return jids;
  }
}

export async function endWires(): Promise<void> {
  await Promise.all(open.splice(0).map((connection) => connection.close()));
}

/** Repeats a check until it is true. */
export async function eventually(so: () => Promise<boolean> | boolean): Promise<void> {
  const until = Date.now() + 15_000;
  while (!(await so())) {
    if (Date.now() > until) throw new Error(`it never came to be: ${so}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Jobs in every state, workers and failures, for tests that look at all pages. */
export async function populate(site: Site): Promise<void> {
  const wire = new Wire(site);
  const worker = new Wire(site, 'worker-0000001');
  await wire.push(30, { queue: 'mail', args: [1, { user: { id: 7, email: 'ann@example.org' } }] });
  await wire.push(5, { queue: 'critical', priority: 9, jobtype: 'ChargeCard' });
  await wire.push(3, { queue: 'slow', at: '2100-01-01T00:00:00Z', jobtype: 'DailyReport' });
  await worker.fail(6, {}, 'mail');
  await worker.fail(2, { errtype: 'Timeout', message: 'no answer from 10.0.0.1 after 5000 ms' }, 'mail');
  await wire.push(2, { queue: 'mail', retry: 0, priority: 9, jobtype: 'ImportFeed' });
  await worker.fail(2, { errtype: 'ParseError', message: 'line 12: unexpected <' }, 'mail');
  await worker.fetch('critical');
  await wire.push(2, { queue: 'paused-one' });
  await wire.ask('QUEUE PAUSE paused-one');
  await worker.ask('BEAT {"wid":"worker-0000001","rss_kb":51234}');
}
