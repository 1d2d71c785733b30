import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Under what the server may be asked for. */
export interface Door {
  /** As a `Host` has them, without the port; anything else is a page that had its own name point here. */
  names: readonly string[];
  isSecure: boolean;
  port: number;
}

/** The door of a server that nothing but this machine reaches. */
export const LOOPBACK: Omit<Door, 'port'> = { names: ['127.0.0.1', 'localhost', '[::1]'], isSecure: false };

/** Why a request is not taken, or undefined. */
export function refusalOf(
  { method, headers }: { method: string; headers: IncomingHttpHeaders },
  { names, isSecure, port }: Door,
): string | undefined {
  const { host = '', origin } = headers;
  const scheme = isSecure ? 'https' : 'http';
  const isUsual = port === (isSecure ? 443 : 80); // then browsers leave it out
  if (!names.some((name) => host === `${name}:${port}` || (isUsual && host === name)))
    return 'The Host of the request is not this server.';
  if (origin !== undefined && origin !== `${scheme}://${host}`) return 'The request comes from another page.';
  const isReading = method === 'GET' || method === 'HEAD';
  // A script with a token: no browser sends that header along by itself, and across origins only if we allowed it.
  if (headers.authorization !== undefined && origin === undefined && headers['sec-fetch-site'] === undefined)
    return undefined;
  // A page on another port of this machine is "same-site" and gets the cookie sent along: only its Origin gives it away.
  if (!isReading && origin === undefined) return 'The request does not say which page it comes from.';
  const site = headers['sec-fetch-site'];
  const isNavigation = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !(isReading && isNavigation))
    return 'The request comes from another page.';
  return undefined;
}

/** What every answer says to the browser. Scripts, styles and pictures come from here only; nobody may frame the page. */
export const SECURITY_HEADERS: Record<string, string> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    // Pictures of notebooks stand in their text.
    "img-src 'self' data:",
    "connect-src 'self'",
    "manifest-src 'self'",
    "frame-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  // Else a browser looks up the hosts of links that agents wrote, before anybody follows one.
  'x-dns-prefetch-control': 'off',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
  'cache-control': 'no-store',
};

/**
 * Of the document that holds a terminal: an opaque origin, its one script, no network. The library of the terminal writes
 * styles of its own, so those are free in here, where they can reach nothing.
 */
export function paneFramePolicy(script: string): string {
  const hash = createHash('sha256').update(script).digest('base64');
  return `sandbox allow-scripts; default-src 'none'; script-src 'sha256-${hash}'; style-src 'unsafe-inline'; frame-ancestors 'self'`;
}
