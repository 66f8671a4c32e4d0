/**
 * Measures what open pages of the web UI cost clients: jobs a second at 50 connections with a
 * million jobs waiting, by turns without pages, and with ten pages and a search for a rare text in
 * all jobs. Also measures the time until that search shows its first row.
 */
import { WebSocket } from 'ws';
import { bulkLines, connect, send } from './bulk.ts';
import { line, median, time, title, whole } from './figures.ts';
import { type Load, withLoad } from './load.ts';
import { Stage } from './stage.ts';

const waiting = 1_000_000;
const jobs = 40_000;
const connections = 50;
const rounds = 7;
const web = '127.0.0.1:7429';
const topics = ['stats', 'attention', 'queues', 'workers'];

/** Prints the ratio and the times of a search. */
export async function pages(): Promise<void> {
  title(`Ten pages and a search open, ${whole(waiting)} jobs, ${connections} connections, --sync full`);
  await withLoad(async (load) => {
    const stage = await Stage.start('full', undefined, [], { web });
    const filling = connect(stage.url);
    for (let thousands = 0; thousands < waiting / 1000; thousands += 50) await send(filling, bulkLines(50));
    await filling.close();
    await firstRows();
    await speed(load, stage);
    await stage.stop();
  });
}

async function speed(load: Load, stage: Stage): Promise<void> {
  const [alone, watched]: [number[], number[], ...number[]] = [[], []];
  let bites = 0;
  await load(stage.port, jobs, connections); // warm-up
  for (let round = 0; round < rounds; round++) {
    alone.push(await load(stage.port, jobs, connections));
    const looking = await look();
    watched.push(await load(stage.port, jobs, connections));
    bites += await looking.end();
  }
  const ratio = median(watched.map((rate, round) => rate / (alone[round] ?? Number.NaN)));
  line(
    `${whole(median(watched))} jobs/s, with nobody looking ${whole(median(alone))}, ratio ${ratio.toFixed(2)} (${bites} bites of the search meanwhile)`,
  );
}

/**
 * Opens ten pages and searches until the end; `end` returns the number of requests of the search.
 */
async function look(): Promise<{ end(): Promise<number> }> {
  const open = await Promise.all(Array.from({ length: 10 }, openPage));
  let searching = true;
  let bites = 0;
  const search = (async () => {
    let cursor = '';
    while (searching) {
      cursor = (await bite('text=nowhere-to-be-found', cursor)).next ?? '';
      bites++;
    }
  })();
  return {
    async end() {
      searching = false;
      await search;
      for (const page of open) page.terminate();
      return bites;
    },
  };
}

function openPage(): Promise<WebSocket> {
  const page = new WebSocket(`ws://${web}/api/live`);
  return new Promise((resolve, reject) => {
    page.once('error', reject);
    page.once('message', () => resolve(page));
    page.once('open', () => page.send(JSON.stringify({ topics })));
  });
}

interface Bite {
  readonly jobs: readonly unknown[];
  readonly next?: string;
}

async function bite(query: string, cursor: string): Promise<Bite> {
  const more = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
  return (await (await fetch(`http://${web}/api/jobs?${query}${more}`)).json()) as Bite;
}

/**
 * Measures a search that nearly every job matches until its first row, and a search for a rare text
 * until all jobs were read.
 */
async function firstRows(): Promise<void> {
  const first: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    await bite('text=string', '');
    first.push((performance.now() - started) / 1000);
  }
  const started = performance.now();
  let cursor: string | undefined = '';
  while (cursor !== undefined) cursor = (await bite('text=nowhere-to-be-found', cursor)).next;
  const all = (performance.now() - started) / 1000;
  line(
    `a search: first rows after ${time(median(first))}, all ${whole(waiting)} jobs looked at after ${time(all)}`,
  );
}
