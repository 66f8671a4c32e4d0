/**
 * Answers requests with an Upgrade header that become no WebSocket: refused ones, and those for
 * another protocol.
 *
 * Note: these sockets must be closed here, because an upgrade takes the connection away from the
 * HTTP server and from all its timeouts.
 */
import { type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { FaktoryError } from '@faktory-ts/protocol';
import { statusOf } from './guard.ts';

/** Answers and closes. */
export function refuse(socket: Duplex, error: FaktoryError): void {
  const body = JSON.stringify({ code: error.code, error: error.message });
  const heads = `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close`;
  end(socket, `HTTP/1.1 ${statusOf(error)} Refused\r\n${heads}\r\n\r\n${body}`);
}

/** Clients that offer HTTP/2 with what they read, as that of Java does. What has a body is not among them: its body would be lost. */
export function wantsAnother({ headers, method }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() !== 'websocket' && (method === 'GET' || method === 'HEAD');
}

/** Answers as if no other protocol had been offered. */
export function answerPlainly(server: Server, request: IncomingMessage, socket: Duplex): void {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket as Socket);
  response.once('finish', () => end(socket, ''));
  server.emit('request', request, response);
}

function end(socket: Duplex, last: string): void {
  socket.once('finish', () => socket.destroy());
  socket.end(last);
}
