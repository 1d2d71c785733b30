import http from 'node:http';
import { type Duplex, duplexPair } from 'node:stream';
import tls from 'node:tls';
import { Agent, fetch } from 'undici';
import { createEgress, type EgressEvent } from './egress.ts';
import { readHost } from './host.ts';
import type { PolicyContext } from './policy.ts';
import { type HostRule, readRule } from './rules.ts';

/** Most bytes of an answer, and of one event of a stream of them. */
const BODY_MAX = 8 * 1024 * 1024;

type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

export interface GuardedFetch extends AsyncDisposable {
  fetch: Fetch;
  /** Hosts that it has gone to, as rules. */
  hosts(): string[];
}

/**
 * A fetch that goes out the way programs of agents do: one lookup, checked addresses, never to the model server. `mayReach` decides on
 * each host; an address of the host's own network is reached only when it is granted as such. Bodies are bounded.
 */
export function guardedFetch(
  of: Omit<PolicyContext, 'rules'> & {
    mayReach: (rule: HostRule) => boolean;
    onEvent: (event: EgressEvent) => void;
  },
): GuardedFetch {
  const visited = new Map<string, HostRule>();
  const egress = createEgress({
    ...{ modelServers: of.modelServers, resolve: of.resolve, onEvent: of.onEvent },
    rules: () => [...visited.values()],
  });
  const agent = new Agent({
    connect: (options, done) => {
      const [ours, theirs] = duplexPair();
      void egress.serve(theirs);
      const { hostname, port, protocol } = options;
      openTunnel(ours, `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`)
        .then((tunnel) => (protocol === 'https:' ? overTls(tunnel, hostname) : tunnel))
        .then(
          // Of a socket the client uses what streams have, and these two.
          (wire) => done(null, Object.assign(wire, { ref: () => wire, unref: () => wire }) as never),
          (error: Error) => {
            ours.destroy();
            done(error, null);
          },
        );
    },
  });
  return {
    fetch: async (given, init = {}) => {
      const url = new URL(given);
      const host = readHost(url.hostname);
      if ('wrong' in host) throw new Error(`${url.host}: ${host.wrong}`);
      const rule = hostRule(url);
      if (!visited.has(rule.text)) {
        if (!of.mayReach(rule)) throw new Error(`${rule.text} is not a host that may be reached here`);
        visited.set(rule.text, rule);
        if (rule.host === LOCALHOST) for (const own of loopback(rule)) visited.set(own.text, own);
      }
      // Two typings of one thing: Node's own and that of the package it comes from.
      const response = (await fetch(url, { ...init, dispatcher: agent } as never)) as unknown as Response;
      return bounded(response);
    },
    hosts: () => [...visited.keys()],
    [Symbol.asyncDispose]: () => agent.destroy(),
  };
}

const LOCALHOST = 'localhost';

/** The host and port of an address, as a rule. `localhost` is this machine by whatever resolver (RFC 6761), and counts as an address of it. */
export function hostRule(url: URL): HostRule {
  const rule = readRule(`${url.hostname}:${url.port || (url.protocol === 'https:' ? 443 : 80)}`);
  return rule.host === LOCALHOST ? { ...rule, isAddress: true } : rule;
}

const loopback = ({ port }: HostRule): HostRule[] => [
  readRule(`127.0.0.1:${port}`),
  readRule(`[::1]:${port}`),
];

function bounded(response: Response): Response {
  if (response.body === null) return response;
  const isStream = (response.headers.get('content-type') ?? '').includes('text/event-stream');
  let size = 0;
  const limit = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      // A stream goes on for ever; between two events it begins anew.
      const end = isStream ? Buffer.from(chunk).lastIndexOf('\n\n') : -1;
      size = end < 0 ? size + chunk.length : chunk.length - end;
      if (size > BODY_MAX) controller.error(new Error(`an answer of over ${BODY_MAX} bytes`));
      else controller.enqueue(chunk);
    },
  });
  const { status, statusText, headers } = response;
  const limited = new Response(response.body.pipeThrough(limit), { status, statusText, headers });
  Object.defineProperty(limited, 'url', { value: response.url });
  return limited;
}

/** Asks a proxy at the other end of `wire` for a tunnel. Throws what it was refused with. */
export async function openTunnel(wire: Duplex, host: string, signal?: AbortSignal): Promise<Duplex> {
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  const asked = http.request({
    ...{ method: 'CONNECT', path: host, headers: { host }, ...(signal && { signal }) },
    // A stream stands for the socket; nothing here asks it for what only sockets have.
    createConnection: () => wire as never,
  });
  asked.once('error', reject);
  asked.once('connect', (response: http.IncomingMessage, socket: Duplex, head: Buffer) => {
    if (response.statusCode === 200) return resolve(socket);
    reject(new Error(refusalIn(response.statusCode ?? 0, head.toString(), response.statusMessage ?? '')));
  });
  asked.end();
  return promise;
}

/** Speaks TLS through a tunnel, with whom it is asked for. */
export async function overTls(tunnel: Duplex, hostname: string): Promise<Duplex> {
  const name = hostname.replace(/^\[|\]$/g, '');
  const secured = tls.connect({
    socket: tunnel,
    ...(/^[\d.]+$|:/.test(name) ? {} : { servername: name }),
    host: name,
  });
  await new Promise<void>((done, failed) => {
    secured.once('secureConnect', done);
    secured.once('error', failed);
  });
  return secured;
}

const refusalIn = (status: number, body: string, phrase: string): string =>
  `it was refused with ${status}: ${(body.trim() || phrase).slice(0, 500)}`;
