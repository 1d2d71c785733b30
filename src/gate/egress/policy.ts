import { whyNotPublic } from './addresses.ts';
import { canonicalAddress, readHost, type Target, writeTarget } from './host.ts';
import { Refusal } from './refusal.ts';
import { findRule, type HostRule } from './rules.ts';

/** What the policy needs to know about the team and the world. */
export interface PolicyContext {
  /** The allowlist as it is now. */
  rules: () => readonly HostRule[];
  /** Hosts of model servers as `HOST:PORT`: reached through the model route or not at all. */
  modelServers: readonly Target[];
  /** All addresses of a name. Throws when it has none. */
  resolve: (name: string) => Promise<readonly string[]>;
}

/** Leave to connect: where to, and by which rule. */
export interface Permit {
  rule: HostRule;
  /** Addresses that were checked, in the order in which to try them. Nothing else may be connected to. */
  addresses: string[];
}

/**
 * Decides whether the target may be reached. A name is looked up once, here and only when a rule covers it; what is connected to are the
 * addresses that were checked. Throws Refusal.
 */
export async function permit(target: Target, context: PolicyContext): Promise<Permit> {
  if (context.modelServers.some((server) => isModelServer(server, target))) throw modelServer(target);
  const rules = context.rules();
  const rule = findRule(rules, target);
  if (rule === undefined) throw notAllowed(target, rules);
  const found = target.isAddress ? [target.name] : await lookUp(target, context);
  const refused: string[] = [];
  const addresses = found.filter((address) => {
    const why = whyRefused({ ...target, name: address, isAddress: true }, rules);
    if (why !== undefined) refused.push(`${address}, ${why}`);
    return why === undefined;
  });
  if (addresses.length === 0) throw notPublic(target, refused);
  if (await leadsToModel(target, addresses, context)) throw modelServer(target);
  return { rule, addresses };
}

/** A name is the model server's on each of its ports; an address only on the one, as a machine serves other things too. */
function isModelServer(server: Target, target: Target): boolean {
  return server.name === target.name && (!server.isAddress || server.port === target.port);
}

/**
 * Whether another name, or none, leads to a model server. Asked only of addresses that were allowed as such and of private ones: at a public
 * one, behind a name, a thousand sites may live.
 */
async function leadsToModel(target: Target, addresses: string[], context: PolicyContext): Promise<boolean> {
  const telling = addresses.filter((address) => target.isAddress || whyNotPublic(address) !== undefined);
  if (telling.length === 0) return false;
  for (const server of context.modelServers.filter(({ port }) => port === target.port)) {
    const own = server.isAddress ? [server.name] : await context.resolve(server.name).catch(() => []);
    if (own.some((address) => telling.includes(address))) return true;
  }
  return false;
}

async function lookUp(target: Target, { resolve }: PolicyContext): Promise<string[]> {
  let found: readonly string[];
  try {
    found = await resolve(target.name);
  } catch (cause) {
    throw new Refusal('unknown host', 502, `${target.name} is allowed, but its address was not found.`, {
      cause,
    });
  }
  // A resolver of the system may add the zone of a link-local address; such a one is refused as it stands.
  return found.map((address) => (address.includes('%') ? address : canonicalAddress(address)));
}

/** A public address may be used; another one only where a rule names it, with this port. */
function whyRefused(target: Target, rules: readonly HostRule[]): string | undefined {
  const why = whyNotPublic(target.name);
  if (why === undefined || findRule(rules, target)?.isAddress) return undefined;
  return why;
}

function modelServer(target: Target): Refusal {
  return new Refusal(
    'model server',
    403,
    `${writeTarget(target)} is a model server, which programs can't reach.\n` +
      'Your own model requests go another way; no key of another account leaves this machine.',
  );
}

function notAllowed(target: Target, rules: readonly HostRule[]): Refusal {
  const list = rules.length === 0 ? 'no host at all' : rules.map(({ text }) => text).join(', ');
  const isKnown = rules.some((rule) => findRule([{ ...rule, port: target.port }], target) !== undefined);
  return new Refusal(
    'not allowed',
    403,
    `${writeTarget(target)} is not allowed for this team.\n` +
      `${isKnown ? 'The host is, on another port. ' : ''}Allowed: ${list.slice(0, 2000)}.\n` +
      'Ask the user for it with the tool request_access, or work with what is in the granted folders.',
  );
}

function notPublic(target: Target, refused: readonly string[]): Refusal {
  return new Refusal(
    'not public',
    403,
    `${writeTarget(target)} leads to ${refused[0] ?? 'no address'}, which is not allowed.\n` +
      'A rule for a name does not open the networks behind this machine. The user has to allow the address itself.',
  );
}

/** The model servers to keep closed: the one in use, and the one that is used when none is named. */
export function modelServers(baseUrl: string | undefined): Target[] {
  const urls = [
    'https://api.anthropic.com',
    ...(baseUrl !== undefined && URL.canParse(baseUrl) ? [baseUrl] : []),
  ];
  return urls.flatMap((text) => {
    const url = new URL(text);
    const host = readHost(url.hostname);
    const port = Number(url.port || (url.protocol === 'http:' ? 80 : 443));
    return 'wrong' in host ? [] : [{ ...host, port }];
  });
}
