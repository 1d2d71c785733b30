import { BlockList, isIP, isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Public addresses that answer a cloud's own machines only, with their secrets. */
const METADATA = ['168.63.129.16'];

/** All addresses of the public internet in IPv6. Source: IANA, IPv6 Global Unicast Address Space. */
const GLOBAL = new BlockList();
GLOBAL.addSubnet('2000::', 3, 'ipv6');

/** The ranges in plain words; whatever else is not public is named as it is. */
const NAMES: Record<string, string> = {
  loopback: 'a loopback address',
  private: 'an address of a private network',
  linkLocal: 'a link-local address, where clouds keep their metadata',
  carrierGradeNat: "an address of a provider's inner network",
  uniqueLocal: 'an address of a private network',
  unspecified: 'the address of this machine',
  multicast: 'an address of many machines',
  broadcast: 'an address of many machines',
  ipv4Mapped: 'an IPv4 address in disguise',
  rfc6145: 'an IPv4 address in disguise',
  rfc6052: 'an IPv4 address in disguise',
  '6to4': 'an IPv4 address in disguise',
  teredo: 'an IPv4 address in disguise',
};

/** Why an address is not one of the public internet, as the end of a sentence; undefined when it is. */
export function whyNotPublic(address: string): string | undefined {
  if (isIP(address) === 0 || address.includes('%')) return 'an address with a zone';
  if (METADATA.includes(address)) return "an address of a cloud's metadata";
  const range = ipaddr.parse(address).range();
  if (range !== 'unicast') return NAMES[range] ?? `a reserved address (${range})`;
  // What embeds nothing, has no name and is not handed out: nobody can be there.
  if (isIPv6(address) && !GLOBAL.check(address, 'ipv6')) return 'a reserved address';
  return undefined;
}
