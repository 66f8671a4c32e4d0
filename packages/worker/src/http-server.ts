/**
 * Serves `/health` and `/metrics` of the program. It does not keep the process alive.
 *
 * Note: it listens before the worker has reached the server; until then `/health` answers 503.
 */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FaktoryError } from '@faktory-ts/protocol';
import type { HealthReport } from './health.ts';
import type { HttpAddress } from './http-address.ts';

/** Sources of the answers. */
export interface Pages {
  health(): HealthReport;
  metrics(): string;
}

/** A listening server. */
export interface HttpServer {
  /** `HOST:PORT`, with the actual port. */
  address: string;
  stop(): Promise<void>;
}

/** Starts to listen. Throws `LISTEN` when the address cannot be used. */
export async function serve({ host, port }: HttpAddress, pages: Pages): Promise<HttpServer> {
  const server = createServer((request, response) => {
    const page = answer(request.method, request.url ?? '/', pages);
    response.writeHead(page.status, { 'Content-Type': page.type, 'Cache-Control': 'no-store' });
    response.end(page.text);
  });
  await listening(server, host, port);
  server.unref();
  const taken = (server.address() as AddressInfo).port;
  return {
    address: `${host.includes(':') ? `[${host}]` : host}:${taken}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Page {
  status: number;
  type: string;
  text: string;
}

function answer(method: string | undefined, url: string, pages: Pages): Page {
  const [path] = url.split('?', 1);
  if (method !== 'GET' && method !== 'HEAD') return plain(405, 'use GET\n');
  if (path === '/health') {
    const report = pages.health();
    const text = `${JSON.stringify(report)}\n`;
    return { status: report.healthy ? 200 : 503, type: 'application/json', text };
  }
  if (path === '/metrics') {
    return { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', text: pages.metrics() };
  }
  return plain(404, 'not found; use /health or /metrics\n');
}

function plain(status: number, text: string): Page {
  return { status, type: 'text/plain; charset=utf-8', text };
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new FaktoryError('LISTEN', `cannot serve HTTP on ${host}:${port}: ${cause.message}`, { cause }));
    });
    server.listen(port, host, resolve);
  });
}
