import http from 'node:http';
import type net from 'node:net';
import { type Duplex, finished } from 'node:stream';
import { createPace } from '../pace.ts';
import { connect, type Dial, dialAddress } from './dial.ts';
import { type Target, writeTarget } from './host.ts';
import { CONNECTIONS_MAX, IDLE_MS, LINGER_MS, PACE } from './limits.ts';
import { exchange, readPlainRequest } from './plain-request.ts';
import { type PolicyContext, permit } from './policy.ts';
import { Refusal, type RefusalKind } from './refusal.ts';
import { farewell, readTunnelTarget, tunnel } from './tunnel.ts';

export interface EgressOptions extends PolicyContext {
  /** Told of every connection and of every refusal. Nothing of what went over it is in there. */
  onEvent: (event: EgressEvent) => void;
  dial?: Dial;
}

/** What is noted of a connection to the outside. */
export type EgressEvent =
  | { type: 'opened'; way: Way; host: string; rule: string; address: string }
  | { type: 'closed'; way: Way; host: string; sent: number; received: number; ms: number }
  | { type: 'refused'; way: Way; host: string; kind: RefusalKind; why: string };

/** CONNECT, or a plain HTTP request. */
type Way = 'tunnel' | 'request';

/** Stands for a host that was not understood: what was sent instead may hold a password. */
const UNREAD = 'unreadable';

/** The HTTP proxy of one agent. */
export interface Egress {
  /** Serves one connection of a program, which speaks HTTP/1.1 to its proxy. Resolves when it has ended. */
  serve(program: Duplex): Promise<void>;
}

/**
 * Lets programs of an agent out to the hosts that are allowed, and nowhere else. What they send is read here, on the host: the
 * guest only carries bytes. Every request is decided on its own, by the rules as they are at that moment.
 */
export function createEgress(options: EgressOptions): Egress {
  const { onEvent, dial = dialAddress } = options;
  const pace = createPace(PACE);
  let open = 0;

  /** Decides, connects, and gives the socket to `use`; whatever comes of it, the connection is counted and closed. */
  const withServer = async (
    way: Way,
    target: Target,
    program: Duplex,
    use: (server: net.Socket) => Promise<void>,
  ): Promise<void> => {
    const gone = new AbortController();
    const forget = finished(program, () => gone.abort());
    await pace(gone.signal);
    if (open >= CONNECTIONS_MAX) {
      throw new Refusal(
        'too many',
        503,
        `More than ${CONNECTIONS_MAX} connections at once. Try again when one has ended.`,
      );
    }
    open++;
    const started = performance.now();
    let server: net.Socket | undefined;
    const host = writeTarget(target);
    try {
      const permitted = await permit(target, options);
      server = await connect(target, permitted, dial, gone.signal);
      server.on('error', () => {}); // whoever reads or writes is told
      server.setTimeout(IDLE_MS, () => server?.destroy());
      const address = server.remoteAddress ?? '';
      onEvent({ type: 'opened', way, host, rule: permitted.rule.text, address });
      await use(server);
    } finally {
      open--;
      forget();
      if (server !== undefined) {
        server.destroy();
        const { bytesWritten: sent, bytesRead: received } = server;
        onEvent({ type: 'closed', way, host, sent, received, ms: Math.round(performance.now() - started) });
      }
    }
  };

  const note = (way: Way, host: string, { kind, message }: Refusal): void =>
    onEvent({ type: 'refused', way, host, kind, why: message.split('\n', 1)[0] ?? '' });

  const onRequest = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    let host = UNREAD;
    try {
      const plain = readPlainRequest(request);
      host = writeTarget(plain.target);
      await withServer('request', plain.target, request.socket, (server) =>
        exchange(plain, server, request, response),
      );
    } catch (error) {
      const refusal = asRefusal(error, host);
      if (error instanceof Refusal) note('request', host, refusal);
      if (response.headersSent)
        response.destroy(); // a cut answer has to look cut
      else answerWith(response, refusal);
    }
  };

  const onConnect = async (url: string, program: Duplex, head: Buffer): Promise<void> => {
    program.on('error', () => program.destroy());
    let host = UNREAD;
    let isOpen = false;
    try {
      const target = readTunnelTarget(url);
      host = writeTarget(target);
      await withServer('tunnel', target, program, async (server) => {
        if (head.length > 0) program.unshift(head);
        program.write('HTTP/1.1 200 Connection established\r\n\r\n');
        isOpen = true;
        await tunnel(program, server, target);
      });
    } catch (error) {
      const refusal = asRefusal(error, host);
      if (error instanceof Refusal) note('tunnel', host, refusal);
      if (!isOpen) hangUp(program, refusal.answer);
      else if (error instanceof Refusal) hangUp(program, farewell(refusal));
      else program.destroy(); // an end that was cut has to look cut
    }
  };

  const server = http.createServer({ requireHostHeader: false, keepAliveTimeout: 15_000 });
  server.on('request', (request, response) => void onRequest(request, response));
  server.on('connect', (request, socket, head) => void onConnect(request.url ?? '', socket, head));
  server.on('clientError', (error: Error & { reason?: string }, program) => {
    const refusal = new Refusal(
      'malformed',
      400,
      `This is no HTTP request: ${error.reason ?? error.message}.`,
    );
    hangUp(program, refusal.answer);
  });

  return {
    serve: (program) =>
      new Promise((resolve) => {
        finished(program, () => resolve());
        server.emit('connection', program);
      }),
  };
}

/** A failure on the way as the program is told of it. */
function asRefusal(error: unknown, host: string): Refusal {
  if (error instanceof Refusal) return error;
  const { code, message } = error as NodeJS.ErrnoException; // whatever is thrown: both are optional
  const why = `The connection to ${host} broke off (${code ?? message}).`;
  return new Refusal('unreachable', 502, why, { cause: error });
}

function answerWith(response: http.ServerResponse, { status, phrase, text }: Refusal): void {
  response.writeHead(status, phrase, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
  response.end(text);
}

/** Says a last word, takes no more, and does not wait for long until the program has gone, too. */
function hangUp(program: Duplex, lastWord: string | Buffer): void {
  if (!program.writable) {
    program.destroy();
    return;
  }
  program.end(lastWord);
  program.resume();
  const timer = setTimeout(() => program.destroy(), LINGER_MS);
  finished(program, () => clearTimeout(timer));
}
