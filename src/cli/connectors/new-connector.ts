import { CoworkError } from '../../protocol/errors.ts';
import type { CommandArguments } from '../command.ts';

/** What `connector add` is to add: an entry as `.mcp.json` has them, and what of it is secret. Throws USAGE, CONNECTOR_INVALID. */
export function readNewConnector(args: CommandArguments): {
  server: Record<string, unknown>;
  secret: Record<string, string> | null;
  clientSecret: string | null;
} {
  const command = args.behindDashes ?? [];
  const what = (Array.isArray(args.what) ? args.what.map(String) : []).slice(0, -command.length || undefined);
  const headers = pairs(args.header, /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*(.*)$/s, '--header "Name: value"');
  const env = pairs(args.env, /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s, '--env NAME=VALUE');
  if (command.length > 0) {
    if (what.length > 0 || headers !== null || args.sse === true || args.headersHelper !== undefined)
      throw new CoworkError('USAGE', 'A connector is an address or a command, not both.');
    const [program = '', ...rest] = command;
    return {
      server: { command: program, args: rest, ...(env === null ? {} : { env }) },
      secret: null,
      clientSecret: null,
    };
  }
  const [url, ...more] = what;
  if (url === undefined || more.length > 0)
    throw new CoworkError('USAGE', 'cowork connector add needs an address, or a command behind --.', {
      hint: 'cowork connector add docs https://mcp.example.com/mcp · cowork connector add files -- npx -y PACKAGE',
    });
  if (env !== null) throw new CoworkError('USAGE', '--env is for a command; a service has --header.');
  const parsed = URL.parse(url);
  if (
    parsed === null ||
    !/^https?:$/.test(parsed.protocol) ||
    parsed.username !== '' ||
    parsed.password !== ''
  )
    throw new CoworkError('CONNECTOR_INVALID', `${JSON.stringify(url)} is no address of a server.`, {
      hint: 'It begins with https://, and has no user name in it.',
    });
  const clientId = typeof args.clientId === 'string' ? { oauth: { clientId: args.clientId } } : {};
  const helper = typeof args.headersHelper === 'string' ? { headersHelper: args.headersHelper } : {};
  const clientSecret = typeof args.clientSecret === 'string' ? args.clientSecret : null;
  if (clientSecret !== null && !('oauth' in clientId))
    throw new CoworkError('USAGE', '--client-secret goes with --client-id.');
  return {
    server: { type: args.sse === true ? 'sse' : 'http', url, ...clientId, ...helper },
    ...{ secret: headers, clientSecret },
  };
}

function pairs(given: unknown, form: RegExp, usage: string): Record<string, string> | null {
  if (!Array.isArray(given) || given.length === 0) return null;
  return Object.fromEntries(
    given.map((each) => {
      const [, name, value] = form.exec(String(each)) ?? [];
      if (name === undefined || value === undefined) throw new CoworkError('USAGE', `It is ${usage}.`);
      return [name, value];
    }),
  );
}
