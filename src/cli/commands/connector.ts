import { realpathSync } from 'node:fs';
import {
  addConnector,
  allowConnector,
  type Connector,
  findConnector,
  listConnectors,
  removeConnector,
} from '../../extensions/connectors/records.ts';
import { listPlugins } from '../../extensions/install/installed.ts';
import type { McpServer } from '../../extensions/load/mcp-servers.ts';
import { describeServer } from '../../extensions/servers/environment.ts';
import { pluginServerName } from '../../extensions/servers/names.ts';
import { CoworkError } from '../../protocol/errors.ts';
import { nearestName } from '../../protocol/names.ts';
import { plainText } from '../../text/plain.ts';
import type { CommandArguments, CommandModule } from '../command.ts';
import { readNewConnector } from '../connectors/new-connector.ts';
import { renderTeamServers, teamServers } from '../connectors/of-team.ts';

const ACTIONS = ['list', 'add', 'allow', 'remove', 'login', 'logout'];

export const run: CommandModule['run'] = async (args, surroundings) => {
  const { home, stdout } = surroundings;
  const { action = 'list', json } = args;
  const cwd = realpathSync(process.cwd());
  const print = (value: unknown, text: string): void =>
    void stdout.write(json ? `${JSON.stringify(value)}\n` : text);
  switch (action) {
    case 'list': {
      if (args.team !== undefined) {
        const servers = teamServers(home, args.team);
        print(servers, renderTeamServers(servers));
        return;
      }
      const { connectors, findings } = listConnectors(home, cwd);
      const notes = findings.map(({ file, reason }) => `${plainText(file)}: ${plainText(reason)}\n`);
      print(connectors.map(describe), [...notes, renderList(connectors)].join(''));
      return;
    }
    case 'add': {
      const name = named(args);
      const { server, secret, clientSecret } = readNewConnector(args);
      await addConnector(home, name, server);
      if (secret !== null || clientSecret !== null) {
        const { openSecrets } = await import('../../extensions/connectors/secrets.ts');
        const secrets = openSecrets(home);
        if (secret !== null) await secrets.set(`headers:${name}`, secret);
        if (clientSecret !== null) await secrets.set(`client:${name}`, clientSecret);
      }
      print(
        describe(findConnector(home, cwd, name)),
        `${name} is added; teams that are launched from now on have it.\n`,
      );
      return;
    }
    case 'allow': {
      const allowed = await allowConnector(home, cwd, named(args));
      print(
        describe(allowed),
        `${plainText(allowed.name)} is allowed: ${plainText(describeServer(allowed))}\n`,
      );
      return;
    }
    case 'remove': {
      const name = named(args);
      await removeConnector(home, name);
      const { forgetSecrets } = await import('../../extensions/connectors/secrets.ts');
      await forgetSecrets(home, name);
      print({ removed: name }, `${name} is removed, with what was kept to log in to it.\n`);
      return;
    }
    case 'login': {
      const name = named(args);
      const server = remoteServer(home, cwd, name);
      const [{ login }, { openBrowser }] = await Promise.all([
        import('../connectors/login.ts'),
        import('../connectors/browser.ts'),
      ]);
      await login(
        name,
        server,
        { device: args.device === true },
        {
          ...{ home, env: surroundings.env, signal: new AbortController().signal },
          say: (text) => void surroundings.stderr.write(plainText(text, { lines: true })),
          browse: async (url) => args.noBrowser !== true && openBrowser(url, surroundings.env),
        },
      );
      print({ name, loggedIn: true }, `You are logged in to ${plainText(name)}.\n`);
      return;
    }
    case 'logout': {
      const name = named(args);
      const { forgetLogin } = await import('../../extensions/connectors/secrets.ts');
      await forgetLogin(home, name);
      print(
        { name, loggedIn: false },
        `What was kept to log in to ${plainText(name)} is removed from this machine.\n`,
      );
      return;
    }
    default: {
      const nearest = nearestName(String(action), ACTIONS);
      throw new CoworkError('USAGE', `cowork connector can't ${action}.`, {
        hint: nearest === undefined ? `It can ${ACTIONS.join(', ')}.` : `Did you mean ${nearest}?`,
      });
    }
  }
};

/** A server on the network by the name that agents have it by: a connector, or one of an installed plugin. */
function remoteServer(home: string, cwd: string, name: string): McpServer {
  const { connectors } = listConnectors(home, cwd);
  const ofPlugins = listPlugins(home).flatMap(({ record, plugin }) =>
    plugin.components.mcpServers.map((server) => ({
      ...server,
      name: pluginServerName(record.name, server.name),
    })),
  );
  const found = [...connectors, ...ofPlugins].find((server) => server.name === name);
  const server = found ?? findConnector(home, cwd, name);
  if (URL.canParse(server.url)) return server;
  throw new CoworkError('CONNECTOR_INVALID', `${name} is no service with an address to log in to.`);
}

function named({ action, name }: CommandArguments): string {
  if (typeof name === 'string' && name !== '') return name;
  throw new CoworkError('USAGE', `cowork connector ${action} needs a name.`, {
    hint: 'See `cowork connector --help`.',
  });
}

function describe({ name, type, command, args, url, scope, isAgreed, isConfigured, path }: Connector) {
  return { name, type, command, args, url, scope, isAgreed, isConfigured, file: path };
}

function renderList(connectors: readonly Connector[]): string {
  if (connectors.length === 0)
    return 'There are no connectors. Add one: cowork connector add NAME ADDRESS, or cowork connector add NAME -- COMMAND…\n';
  return connectors
    .map((each) => {
      const state = !each.isConfigured
        ? 'not configured'
        : each.isAgreed
          ? 'on'
          : `waits for your consent: cowork connector allow ${plainText(each.name)}`;
      return `${plainText(each.name)}  ${each.scope}  ${each.type}  ${plainText(describeServer(each))}\n  ${state}\n`;
    })
    .join('');
}
