/**
 * `/api/live`: sends changes to open pages by WebSocket. A page names its topics and gets their
 * changes a few times a second at most.
 *
 * A slow page skips intermediate updates: while its socket is full nothing is prepared for it, and
 * afterwards it gets the latest state.
 * Note: the caller of a page is checked again and again, because a page must be closed when its
 * token is revoked or its session ends.
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { FaktoryError, type JobEvent, type LiveTopic } from '@faktory-ts/protocol';
import type { WebSocket, WebSocketServer } from 'ws';
import type { Caller } from '../access/access.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { HttpConnections } from './connections.ts';
import type { Guard } from './guard.ts';
import { prefixOf, withoutPrefix } from './pages.ts';
import { type Looks, Sampler } from './sampler.ts';
import { answerPlainly, refuse, wantsAnother } from './upgrade.ts';

const TOPICS: readonly LiveTopic[] = ['stats', 'attention', 'queues', 'workers', 'events'];
const PATH = '/api/live';
const MOST_PAGES = 500;
const MOST_OF_ONE = 250; // pages of an address
const MOST_UNSENT = 64 * 1024; // bytes; then the page waits
const MOST_EVENTS = 200; // that wait for a page
const MOST_ASKED = 4096; // bytes of a page's message
const LEAST_BETWEEN = 250; // ms between two messages to a page
const CHECKED_EVERY = 1000; // ms between two checks of a page's session
const LONGEST_WRITING = 5; // ms at a time, to all pages
const LOG_IN = 4401; // close codes of ours
const UNREADABLE = 4400;
const TOO_MANY = 4429;
const ASKS_AT_ONCE = 8; // messages of a page that are followed at once; then one in LEAST_BETWEEN
const MOST_SURPLUS = 100; // messages in that time
const PING = 20_000; // ms; proxies close connections that are silent

interface Page {
  readonly socket: WebSocket;
  readonly caller: Caller;
  readonly network: string;
  /** Whether its caller is still let in. */
  readonly holds: () => Promise<boolean>;
  /** When that was checked last, in ms; undefined: the check runs, and sends afterwards. */
  checkedAt: number | undefined;
  topics: ReadonlySet<LiveTopic>;
  seen: Map<LiveTopic, number>;
  events: JobEvent[];
  missed: boolean;
  sentAt: number;
  alive: boolean;
  waiting: NodeJS.Timeout | undefined;
  /** Messages that may be followed at once. */
  asks: number;
  askedAt: number;
  /** The last message, and what follows it later. */
  asked: string;
  asking: NodeJS.Timeout | undefined;
  /** Messages since one was followed. */
  surplus: number;
}

interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

export class Live {
  readonly #guard: Guard;
  readonly #jobs: Jobs;
  readonly #connections: HttpConnections;
  #sockets: WebSocketServer | undefined;
  readonly #pages = new Set<Page>();
  /** Those that are to be told what was looked at. */
  readonly #due = new Set<Page>();
  readonly #sampler: Sampler;
  #tail: AbortController | undefined;
  #ping: NodeJS.Timeout | undefined;

  constructor(guard: Guard, jobs: Jobs, looks: Looks, connections: HttpConnections) {
    this.#guard = guard;
    this.#jobs = jobs;
    this.#connections = connections;
    this.#sampler = new Sampler(looks, () => this.#tellSoon(this.#pages));
  }

  /** Takes the upgrades of this server. */
  async attach(server: Server): Promise<void> {
    const { WebSocketServer: Sockets } = await import('ws');
    const sockets = new Sockets({ noServer: true, maxPayload: MOST_ASKED });
    this.#sockets = sockets;
    server.on('upgrade', (request, socket, head) => {
      socket.on('error', () => socket.destroy()); // the browser is gone
      if (wantsAnother(request)) answerPlainly(server, request, socket);
      else void this.#upgrade(sockets, { request, socket, head });
    });
  }

  /** The JSON of all of these topics, for pages that cannot have a WebSocket. */
  whole(topics: readonly string[]): Promise<Buffer> {
    return this.#sampler.whole(topicsIn(topics));
  }

  /** Closes the pages of those who are no longer let in. */
  dismiss(isValid: (caller: Caller) => boolean): void {
    for (const page of this.#pages) if (!isValid(page.caller)) page.socket.close(LOG_IN, 'log in again');
  }

  stop(): void {
    clearInterval(this.#ping);
    for (const { socket } of this.#pages) socket.terminate();
    this.#sockets?.close();
  }

  async #upgrade(sockets: WebSocketServer, { request, socket, head }: Upgrade): Promise<void> {
    try {
      const url = withoutPrefix(request.url ?? '', prefixOf(request));
      if (url.split('?', 1)[0] !== PATH) throw new FaktoryError('NOT_FOUND', 'there is no such WebSocket');
      const known = await this.#guard.socket(request, `GET ${PATH}`);
      const { network } = known;
      const own = [...this.#pages].filter((page) => page.network === network).length;
      if (this.#pages.size >= MOST_PAGES || own >= MOST_OF_ONE)
        throw new FaktoryError('LIMIT', 'too many pages are open');
      this.#connections.holdPage(request.socket);
      sockets.handleUpgrade(request, socket, head, (opened) => this.#open(opened, known));
    } catch (error) {
      const known = error instanceof FaktoryError ? error : new FaktoryError('ERR', 'internal error');
      refuse(socket, known);
    }
  }

  #open(socket: WebSocket, known: Pick<Page, 'caller' | 'holds' | 'network'>): void {
    const page: Page = {
      ...known,
      socket,
      topics: new Set(),
      seen: new Map(),
      events: [],
      missed: false,
      sentAt: 0,
      checkedAt: performance.now(),
      alive: true,
      waiting: undefined,
      asks: ASKS_AT_ONCE,
      askedAt: performance.now(),
      asked: '',
      asking: undefined,
      surplus: 0,
    };
    this.#pages.add(page);
    this.#ping ??= setInterval(() => this.#pingAll(), PING).unref();
    socket.on('error', () => socket.terminate());
    socket.on('pong', () => {
      page.alive = true;
    });
    socket.on('message', (message) => this.#heard(page, String(message)));
    socket.on('close', () => {
      clearTimeout(page.waiting);
      clearTimeout(page.asking);
      this.#pages.delete(page);
      this.#wantAll();
    });
  }

  /** A page that names its topics very often is heard four times a second, with the last that it said; one that does not stop is closed. */
  #heard(page: Page, message: string): void {
    const now = performance.now();
    page.asks = Math.min(ASKS_AT_ONCE, page.asks + (now - page.askedAt) / LEAST_BETWEEN);
    page.askedAt = now;
    page.asked = message;
    if (page.asking === undefined && page.asks >= 1) {
      page.asks -= 1;
      this.#asked(page, message);
      return;
    }
    page.surplus += 1;
    if (page.surplus > MOST_SURPLUS)
      page.socket.close(TOO_MANY, 'too many messages; name topics when they change');
    page.asking ??= setTimeout(() => {
      page.asking = undefined;
      page.surplus = 0;
      this.#asked(page, page.asked);
    }, LEAST_BETWEEN).unref();
  }

  /** A page names its topics; those that it had go on where they were. */
  #asked(page: Page, message: string): void {
    try {
      page.topics = topicsIn((JSON.parse(message) as { topics?: unknown }).topics);
      for (const topic of page.seen.keys()) if (!page.topics.has(topic)) page.seen.delete(topic);
      if (!page.topics.has('events')) page.events = [];
      this.#wantAll();
      this.#tellSoon([page]);
    } catch (error) {
      page.socket.close(UNREADABLE, error instanceof FaktoryError ? error.message : 'not JSON');
    }
  }

  #wantAll(): void {
    const wanted = new Set([...this.#pages].flatMap(({ topics }) => [...topics]));
    this.#sampler.want(wanted);
    if (wanted.has('events')) void this.#follow();
    else this.#tail?.abort();
  }

  #tellSoon(pages: Iterable<Page>): void {
    const idle = this.#due.size === 0;
    for (const page of pages) this.#due.add(page);
    if (idle) setImmediate(this.#sendSome);
  }

  /** Hundreds of pages with thousands of queues are much to write: the wire is served in between. */
  readonly #sendSome = (): void => {
    const ends = performance.now() + LONGEST_WRITING;
    for (const page of this.#due) {
      this.#due.delete(page);
      this.#send(page);
      if (performance.now() > ends) break;
    }
    if (this.#due.size > 0) setImmediate(this.#sendSome);
  };

  #send(page: Page): void {
    if (page.topics.size === 0 || page.socket.readyState !== page.socket.OPEN) return;
    const soon = page.sentAt + LEAST_BETWEEN - performance.now();
    const full = page.socket.bufferedAmount > MOST_UNSENT;
    // What a page has seen nothing of yet does not wait: until it comes there is nothing to look at.
    if (full || (soon > 1 && !this.#sampler.hasNew(page.topics, page.seen))) {
      page.waiting ??= setTimeout(
        () => {
          page.waiting = undefined;
          this.#send(page);
        },
        full ? LEAST_BETWEEN : Math.ceil(soon),
      ).unref();
      return;
    }
    clearTimeout(page.waiting);
    page.waiting = undefined;
    if (page.checkedAt === undefined) return;
    if (performance.now() - page.checkedAt > CHECKED_EVERY) {
      void this.#check(page);
      return;
    }
    const { message, seen } = this.#sampler.told(page.topics, page.seen);
    page.seen = new Map(seen);
    const events = page.events.splice(0);
    const own = { ...(events.length > 0 && { events }), ...(page.missed && { missed: true }) };
    page.missed = false;
    const whole = withMore(message, own);
    if (whole.length <= NOTHING) return;
    page.sentAt = performance.now();
    page.socket.send(whole, { binary: false });
  }

  /** Closes the page of a caller that is no longer let in; sends to any other. */
  async #check(page: Page): Promise<void> {
    page.checkedAt = undefined;
    const holds = await page.holds().catch(() => true); // the store is closing, and the page with it
    page.checkedAt = performance.now();
    if (holds) this.#send(page);
    else page.socket.close(LOG_IN, 'log in again');
  }

  /** Events, as long as a page wants them. */
  async #follow(): Promise<void> {
    if (this.#tail) return;
    const tail = new AbortController();
    this.#tail = tail;
    let after: number | undefined;
    while (!tail.signal.aborted) {
      const told = await this.#jobs.tail({ ...(after !== undefined && { after }) }, tail.signal);
      after = told.next;
      if (told.events.length > 0 || told.missed) this.#tell(told.events, told.missed === true);
    }
    this.#tail = undefined;
    this.#wantAll(); // a page may have asked in the meantime
  }

  #tell(events: readonly JobEvent[], missed: boolean): void {
    for (const page of this.#pages) {
      if (!page.topics.has('events')) continue;
      page.events.push(...events);
      const surplus = page.events.length - MOST_EVENTS;
      if (surplus > 0) page.events.splice(0, surplus);
      page.missed ||= missed || surplus > 0;
      this.#send(page);
    }
  }

  /** Who did not answer the last one is gone. */
  #pingAll(): void {
    for (const page of this.#pages) {
      if (!page.alive) page.socket.terminate();
      page.alive = false;
      page.socket.ping();
    }
  }
}

const NOTHING = '{}'.length;

/** One JSON object of both. What is the same for all pages is not copied for each. */
function withMore(message: Buffer, more: object): Buffer {
  const text = JSON.stringify(more);
  if (text.length === NOTHING) return message;
  if (message.length === NOTHING) return Buffer.from(text);
  return Buffer.concat([message.subarray(0, -1), Buffer.from(`,${text.slice(1)}`)]);
}

function topicsIn(names: unknown): Set<LiveTopic> {
  if (!Array.isArray(names)) throw new FaktoryError('MALFORMED', 'send {"topics": […]}');
  const unknown = names.find((name) => !TOPICS.includes(name as LiveTopic)) as unknown;
  if (unknown !== undefined) throw new FaktoryError('MALFORMED', `topics are ${TOPICS.join(', ')}`);
  return new Set(names as LiveTopic[]);
}
