import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** A port of this machine's loopback to which a browser comes back from a login. */
export interface Callback extends AsyncDisposable {
  url: string;
  /** What the service has put behind the address. */
  answer(signal: AbortSignal): Promise<URLSearchParams>;
}

const PATH = '/callback';

/** Opens it, on a port of the system's choice unless the service knows only one. */
export async function openCallback(port: number | null): Promise<Callback> {
  const { promise, resolve } = Promise.withResolvers<URLSearchParams>();
  const server = http.createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const isAnswer = url.pathname === PATH && (url.searchParams.has('code') || url.searchParams.has('error'));
    response.writeHead(isAnswer ? 200 : 404, {
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-store',
      connection: 'close',
    });
    response.end(
      isAnswer ? 'You can close this window and go back to your terminal.\n' : 'Nothing is here.\n',
    );
    if (isAnswer) resolve(url.searchParams);
  });
  server.listen(port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${PATH}`,
    answer: async (signal) => {
      const late = new Promise<never>((_, reject) =>
        signal.addEventListener('abort', () => reject(new Error('nobody has logged in in time')), {
          once: true,
        }),
      );
      return Promise.race([promise, late]);
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
