import { isIP, isIPv4, SocketAddress } from 'node:net';
import { domainToASCII } from 'node:url';

/** A host in the one form in which it is compared: a name in lower case, or an address as it is written canonically. */
export interface Host {
  /** `example.com`, `93.184.216.34`, `2606:2800::1` (without brackets). */
  name: string;
  isAddress: boolean;
}

/** A host and where on it. */
export interface Target extends Host {
  port: number;
}

/** What was asked for is no host; `wrong` says why, as the end of a sentence. */
export interface NoHost {
  wrong: string;
}

const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;

/**
 * Reads a host as it stands in a URL, a CONNECT request or a rule. One host has many spellings, and a check that misses one is
 * no check: so names lose their case and their trailing dot, other scripts become `xn--`, and addresses in forms that only
 * some programs understand (octal, hexadecimal, shortened, with a zone) are refused rather than guessed.
 */
export function readHost(text: string): Host | NoHost {
  if (text === '') return { wrong: 'it names no host' };
  if (text.includes('@')) return { wrong: 'a user or password before the host is not allowed' };
  if (text.startsWith('[')) return readBracketed(text);
  if (/[\p{Cc}\s]/u.test(text)) return { wrong: 'it holds blanks or control characters' }; // some readers leave them out
  const isAscii = /^[\x21-\x7e]+$/.test(text);
  const name = (isAscii ? text.toLowerCase() : domainToASCII(text)).replace(/\.$/, '');
  if (isIPv4(name))
    return isAscii ? { name, isAddress: true } : { wrong: 'an address has digits 0 to 9 only' };
  const labels = name.split('.');
  if (name.length > 253 || !labels.every((label) => LABEL.test(label))) {
    return { wrong: 'it is no name of a host' };
  }
  // A browser reads 0x7f.1, 017700000001 and 2130706433 as 127.0.0.1. No real name ends in a number.
  if (/^(\d+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? '')) {
    return { wrong: 'an IPv4 address has four decimal numbers without leading zeros' };
  }
  if (labels.some((label) => label.startsWith('xn--')) && domainToASCII(name) !== name) {
    return { wrong: 'its xn-- form is not valid' };
  }
  return { name, isAddress: false };
}

function readBracketed(text: string): Host | NoHost {
  const inner = /^\[([0-9A-Fa-f:.]+)\]$/.exec(text)?.[1] ?? '';
  if (isIP(inner) !== 6) return { wrong: 'what stands in brackets is no IPv6 address' };
  return { name: canonicalAddress(inner), isAddress: true };
}

/** An address in its one written form. */
export function canonicalAddress(address: string): string {
  return isIPv4(address) ? address : new SocketAddress({ address, family: 'ipv6' }).address;
}

/** Reads `HOST[:PORT]`; without a port it is `defaultPort`, and without that one has to be there. */
export function readTarget(text: string, defaultPort?: number): Target | NoHost {
  const [, host = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(text) ?? [];
  if (host === '' && text !== '') return { wrong: 'it is no HOST:PORT' };
  const read = readHost(host);
  if ('wrong' in read) return read;
  if (port === undefined && defaultPort !== undefined) return { ...read, port: defaultPort };
  const number = /^[1-9]\d{0,4}$/.test(port ?? '') ? Number(port) : Number.NaN;
  if (!(number <= 65_535)) return { wrong: 'its port is no number from 1 to 65535' };
  return { ...read, port: number };
}

/** As a URL writes it, with brackets where they belong. */
export function writeHost({ name }: Pick<Host, 'name'>): string {
  return name.includes(':') ? `[${name}]` : name;
}

export function writeTarget(target: Pick<Target, 'name' | 'port'>): string {
  return `${writeHost(target)}:${target.port}`;
}
