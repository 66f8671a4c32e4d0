/** A browser's requests without a browser: for the tests of the web UI's API. */
import { type Agent, request } from 'node:http';
import { WebSocket } from 'ws';
import type { Server } from '../src/index.ts';

/** An answer. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** The body, parsed. */
  json<T = Record<string, unknown>>(): T;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
  /** Default: a connection of its own. */
  readonly agent?: Agent;
}

/** Asks over a connection of its own. A body that is no text is sent as JSON. */
export function ask(
  server: Server,
  path: string,
  { method, headers, body, signal, agent }: Ask = {},
): Promise<Answer> {
  const sent = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const type = sent === undefined ? {} : { 'content-type': 'application/json' };
  const options = {
    method: method ?? (sent === undefined ? 'GET' : 'POST'),
    headers: { ...type, ...headers },
    ...(signal && { signal }),
  };
  return new Promise((resolve, reject) => {
    const asked = request(
      { host: '127.0.0.1', port: server.httpPort, path, agent: agent ?? false, ...options },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        response.on('end', () => {
          const { statusCode: status = 0, headers: got } = response;
          resolve({ status, headers: got, text, json: <T>() => JSON.parse(text) as T });
        });
      },
    ).on('error', reject);
    asked.end(sent);
  });
}

/** Logs in; gives the header that a browser would send from then on. */
export async function logIn(server: Server, password: string, user = ''): Promise<{ cookie: string }> {
  const { status, headers, text } = await ask(server, '/api/login', { body: { user, password } });
  if (status !== 200) throw new Error(`not logged in: ${status} ${text}`);
  return { cookie: cookieOf(headers) };
}

/** What a browser sends back of a Set-Cookie. */
export function cookieOf(headers: Answer['headers']): string {
  return String([headers['set-cookie']].flat()[0]).split(';', 1)[0] ?? '';
}

/** A WebSocket to `/api/live` and what came through it. */
export class LivePage {
  readonly socket: WebSocket;
  readonly updates: Record<string, never>[] = [];
  #wake: () => void = () => undefined;

  constructor(server: Server, headers: Record<string, string> = {}, path = '/api/live') {
    this.socket = new WebSocket(`ws://127.0.0.1:${server.httpPort}${path}`, { headers });
    this.socket.on('message', (message) => {
      this.updates.push(JSON.parse(String(message)));
      this.#wake();
    });
  }

  /** Opens and names its topics. */
  async ask(...topics: string[]): Promise<void> {
    if (this.socket.readyState !== WebSocket.OPEN)
      await new Promise((resolve, reject) => this.socket.once('open', resolve).once('error', reject));
    this.socket.send(JSON.stringify({ topics }));
  }

  /** The first update, of all that came and will come, in which this is found. */
  async until<T>(pick: (update: Record<string, never>) => T | undefined): Promise<T> {
    for (let seen = 0; ; seen++) {
      while (this.updates.length <= seen)
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      const found = pick(this.updates[seen] ?? {});
      if (found !== undefined) return found;
    }
  }

  /** Resolves with the code it was closed with. */
  closed(): Promise<number> {
    return new Promise((resolve) => this.socket.once('close', resolve));
  }

  /** Resolves with the status by which it was refused. */
  refused(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.socket.once('unexpected-response', (_request, response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      this.socket.once('open', () => reject(new Error('it was let in')));
    });
  }
}
