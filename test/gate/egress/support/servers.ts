import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { selfSigned } from './certificate.ts';

/** A server of loopback, and the bytes that came to it in each of its connections. */
export interface TestServer {
  port: number;
  connections: Buffer[];
}

type AtEnd = (work: () => void) => void;

/** Answers whatever comes with fixed bytes and notes what came; the connection is then ended. */
export async function serveBytes(
  answer: string | Buffer,
  atEnd: AtEnd = onTestFinished,
): Promise<TestServer> {
  const connections: Buffer[] = [];
  const server = net.createServer((socket) => {
    const index = connections.push(Buffer.alloc(0)) - 1;
    socket.on('error', () => {});
    socket.on('data', (data) => {
      connections[index] = Buffer.concat([connections[index] as Buffer, data]); // it was put there above
      if (connections[index]?.includes('\r\n\r\n')) setTimeout(() => socket.end(answer), 20);
    });
  });
  return { port: await listen(server, atEnd), connections };
}

/** A plain HTTP server. */
export async function serveHttp(
  handle: http.RequestListener,
  atEnd: AtEnd = onTestFinished,
): Promise<number> {
  const server = http.createServer(handle);
  atEnd(() => server.closeAllConnections());
  return listen(server, atEnd);
}

/** An HTTPS server with a certificate that was made for it just now. */
export async function serveHttps(
  name: string,
  handle: http.RequestListener,
  tls: https.ServerOptions = {},
  atEnd: AtEnd = onTestFinished,
): Promise<number> {
  const server = https.createServer({ ...selfSigned(name), ...tls }, handle);
  server.on('tlsClientError', () => {}); // some tests send it nonsense on purpose
  atEnd(() => server.closeAllConnections());
  return listen(server, atEnd);
}

async function listen(server: net.Server, atEnd: AtEnd): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => void server.close());
  return (server.address() as AddressInfo).port; // it listens on a port
}
