import http from 'node:http';
import type { Duplex } from 'node:stream';

/** Where programs in the guest find their way out; `HTTP_PROXY` and `HTTPS_PROXY` name it. */
export const PROXY_PORT = 3128;

const REFUSAL =
  'No host is allowed for this team: the gate lets nothing out but model requests. Work with what is in the granted folders.\n';

/**
 * Answers programs that look for the network. There is none, and no host can be allowed yet, so each gets a refusal that a
 * person or a model can read, rather than a connection that hangs.
 */
export function serveProxy(port: number = PROXY_PORT): http.Server {
  const server = http.createServer((_, response) => {
    response.writeHead(403, { 'content-type': 'text/plain' }).end(REFUSAL);
  });
  server.on('connect', (_, socket: Duplex) => {
    socket.on('error', () => socket.destroy()); // the program has left
    socket.end(
      `HTTP/1.1 403 Forbidden\r\ncontent-type: text/plain\r\ncontent-length: ${REFUSAL.length}\r\n\r\n${REFUSAL}`,
    );
  });
  server.on('error', () => {}); // without it programs are refused by the kernel, with fewer words
  server.listen(port, '127.0.0.1');
  server.unref();
  return server;
}
