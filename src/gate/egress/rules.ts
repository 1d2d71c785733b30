import { isIPv6 } from 'node:net';
import { CoworkError } from '../../protocol/errors.ts';
import { readHost, type Target, writeHost } from './host.ts';

/** One line of a team's allowlist. */
export interface HostRule {
  /** As it is kept and shown: `example.com`, `*.example.com:8443`, `[::1]:8080`. */
  text: string;
  /** What the host has to be, or to end in behind a dot. */
  host: string;
  isSuffix: boolean;
  isAddress: boolean;
  /** Null stands for the ports of the web. */
  port: number | null;
}

/** What a rule without a port allows. */
const WEB_PORTS = [80, 443];

/** Reads `HOST[:PORT]` or `*.SUFFIX[:PORT]`. Throws HOST_INVALID. */
export function readRule(given: string): HostRule {
  if (isIPv6(given)) throw invalid(given, `Write it in brackets: [${given}].`);
  if (given.includes('/')) throw invalid(given, 'Give the host alone, without https:// and without a path.');
  const [, star, host = '', portText] = /^(\*\.)?(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(given) ?? [];
  const read = readHost(host);
  if ('wrong' in read) throw invalid(given, `${capital(read.wrong)}.`);
  const isSuffix = star !== undefined;
  if (isSuffix && read.isAddress) throw invalid(given, 'Give addresses one by one.');
  const port =
    portText === undefined ? null : Number(/^[1-9]\d{0,4}$/.test(portText) ? portText : Number.NaN);
  if (port !== null && !(port <= 65_535)) throw invalid(given, 'A port is a number from 1 to 65535.');
  const text = `${isSuffix ? '*.' : ''}${writeHost(read)}${port === null ? '' : `:${port}`}`;
  return { text, host: read.name, isSuffix, isAddress: read.isAddress, port };
}

/** The first rule that covers the target, if any does. A suffix covers what stands before it, not itself. */
export function findRule(rules: readonly HostRule[], target: Target): HostRule | undefined {
  return rules.find(({ host, isSuffix, port }) => {
    const isHost = isSuffix ? !target.isAddress && target.name.endsWith(`.${host}`) : target.name === host;
    return isHost && (port === null ? WEB_PORTS.includes(target.port) : port === target.port);
  });
}

function invalid(given: string, hint: string): CoworkError {
  return new CoworkError('HOST_INVALID', `${JSON.stringify(given)} is no host that can be allowed.`, {
    hint: `${hint} For example: example.com, *.example.com:8443, 10.0.0.7:8080.`,
  });
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
