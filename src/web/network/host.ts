import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { CoworkError } from '../../protocol/errors.ts';

/** Where to listen, and as what. */
export interface Host {
  /** As it was given: a name or an address. */
  name: string;
  address: string;
}

const LOCAL = ['private', 'uniqueLocal', 'linkLocal', 'loopback', 'carrierGradeNat'];
const NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
const LOOKUP_MS = 5_000;

/** One address of this machine in a local network. Throws WEB_HOST. */
export async function findHost(given: string): Promise<Host> {
  const name = given.toLowerCase();
  const address = isIP(name) === 0 ? await addressOf(name) : name;
  const range = ipaddr.parse(address).range();
  if (LOCAL.includes(range)) return { name, address };
  if (range === 'unspecified')
    throw new CoworkError('WEB_HOST', `${given} is every address of this machine; the dashboard wants one.`);
  throw new CoworkError('WEB_HOST', `${given} is an address of the internet, not of a local network.`);
}

async function addressOf(name: string): Promise<string> {
  if (!NAME.test(name))
    throw new CoworkError('WEB_HOST', `${JSON.stringify(name)} is no address and no name.`);
  const deadline = AbortSignal.timeout(LOOKUP_MS);
  const late = new Promise<never>((_, reject) =>
    deadline.addEventListener('abort', () => reject(deadline.reason)),
  );
  try {
    return (await Promise.race([lookup(name), late])).address;
  } catch (cause) {
    throw new CoworkError('WEB_HOST', `No address was found for ${name}.`, { cause });
  }
}
