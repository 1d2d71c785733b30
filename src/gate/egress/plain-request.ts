import http from 'node:http';
import type net from 'node:net';
import { pipeline } from 'node:stream/promises';
import { endToEnd, valuesOf } from './headers.ts';
import { readTarget, type Target, writeHost, writeTarget } from './host.ts';
import { Refusal } from './refusal.ts';

/** A plain HTTP request, taken apart. */
export interface PlainRequest {
  target: Target;
  method: string;
  /** Path and query, beginning with a slash. */
  path: string;
  /** Headers as they go out, in one list; built anew from what was understood. */
  headers: string[];
}

/**
 * Takes apart what a program asks its proxy for, and refuses what two readers could understand in two ways. Throws Refusal.
 * Source: RFC 9112, 3.2.2 and 6.3.
 */
export function readPlainRequest(request: http.IncomingMessage): PlainRequest {
  const { method = '', url = '', rawHeaders } = request;
  if (!['1.0', '1.1'].includes(request.httpVersion)) {
    throw malformed(`This proxy does not speak HTTP/${request.httpVersion}.`);
  }
  const target = readUrl(url);
  const host = valuesOf(rawHeaders, 'host');
  if (host.length > 1 || (host.length === 0 && request.httpVersion === '1.1')) {
    throw malformed(`The request for ${writeTarget(target)} has ${host.length} Host headers.`);
  }
  const named = host.length === 0 ? target : readTarget(host[0] ?? '', 80);
  if ('wrong' in named || named.name !== target.name || named.port !== target.port) {
    throw malformed(`The request is for ${writeTarget(target)}, but its Host header names another host.`);
  }
  const path = url.slice(url.indexOf('/', 'http://'.length));
  return {
    target,
    method,
    path: url.includes('/', 'http://'.length) ? path : `/${/\?.*$/.exec(url)?.[0] ?? ''}`,
    headers: [
      ...['host', target.port === 80 ? writeHost(target) : writeTarget(target)],
      ...endToEnd(rawHeaders, ['host', 'content-length', 'expect']),
      ...framing(rawHeaders),
      ...['connection', 'close'],
    ],
  };
}

/** The target of a URL in the absolute form; the looser readings of browsers are not followed. */
function readUrl(url: string): Target {
  if (/^https:/i.test(url)) {
    throw malformed('This proxy does not speak TLS for programs: ask for https hosts with CONNECT.');
  }
  const authority = /^http:\/\/([^/?#\\]*)(?:[/?][^#\\]*)?$/.exec(url)?.[1];
  if (authority === undefined) {
    throw malformed('This is a proxy: ask it with CONNECT HOST:PORT or with a whole URL, http://HOST/PATH.');
  }
  const target = readTarget(authority, 80);
  if ('wrong' in target) throw malformed(`The URL can't be used: ${target.wrong}.`);
  if (target.port === 443)
    throw malformed(`Port 443 of ${writeHost(target)} is for TLS: ask for it with CONNECT.`);
  return target;
}

/** How the body is delimited, said once. */
function framing(raw: readonly string[]): string[] {
  const codings = valuesOf(raw, 'transfer-encoding');
  const lengths = valuesOf(raw, 'content-length');
  if (codings.length > 0) {
    const isChunked = codings.length === 1 && codings[0]?.toLowerCase() === 'chunked';
    if (!isChunked || lengths.length > 0)
      throw malformed('The length of the body is said in more than one way.');
    return ['transfer-encoding', 'chunked'];
  }
  if (lengths.length === 0) return [];
  if (lengths.length > 1 || !/^\d{1,15}$/.test(lengths[0] ?? ''))
    throw malformed('The length of the body is no number.');
  return ['content-length', lengths[0] ?? ''];
}

/** Sends the request over `socket` and streams the answer back, whatever it is: a redirect is an answer like others. */
export async function exchange(
  { method, path, headers }: PlainRequest,
  socket: net.Socket,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  const outgoing = http.request({ method, path, headers, createConnection: () => socket });
  const answered = new Promise<http.IncomingMessage>((resolve, reject) => {
    outgoing.once('response', resolve);
    outgoing.once('error', reject);
    outgoing.once('close', () => reject(new Error('the connection was closed')));
  });
  response.once('close', () => outgoing.destroy());
  outgoing.on('error', () => {});
  // Not a pipeline: a server may answer and hang up before it has read everything, and its answer counts.
  request.pipe(outgoing);
  outgoing.once('close', () => request.unpipe(outgoing).resume());
  const answer = await answered;
  response.writeHead(answer.statusCode ?? 502, endToEnd(answer.rawHeaders));
  await pipeline(answer, response);
}

function malformed(message: string): Refusal {
  return new Refusal('malformed', 400, message);
}
