import { isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { Rights } from '../sessions.ts';
import { ensureCertificate } from './certificate.ts';
import { findHost, type Host } from './host.ts';
import { openPassphrase } from './passphrase.ts';

/** What a server for the local network has. */
export interface Network extends Host {
  tls: { cert: string; key: string };
  fingerprint: string;
  passphrase: (given: string) => Promise<boolean>;
  rights: Rights;
}

/** Prepares to serve on an address of this machine in a local network. Throws WEB_HOST. */
export async function openNetwork(home: string, given: string, rights: Rights): Promise<Network> {
  const host = await findHost(given);
  const { certificate, key, fingerprint } = await ensureCertificate(home, host.name);
  return { ...host, tls: { cert: certificate, key }, fingerprint, passphrase: openPassphrase(home), rights };
}

/** Its names as a `Host` has them, the one that was given first. */
export function namesOf({ name, address }: Host): string[] {
  const inHost = (each: string): string => (isIPv6(each) ? `[${ipaddr.parse(each).toString()}]` : each);
  return [...new Set([inHost(name), inHost(address)])];
}
