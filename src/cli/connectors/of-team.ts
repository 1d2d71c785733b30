import { describeServer } from '../../extensions/servers/environment.ts';
import { serversOf } from '../../extensions/use/servers-of-team.ts';
import { readTeamExtensions } from '../../extensions/use/team-extensions.ts';
import { readServerStates, type ServerRecord } from '../../team/server-states.ts';
import { findTeam, readTeam } from '../../team/team.ts';
import { plainText } from '../../text/plain.ts';

/** A server of a team, and how it fares with each agent. */
interface TeamServerRow {
  name: string;
  scope: string;
  what: string;
  /** Why agents do not use it; null when they do. */
  whyNot: string | null;
  agents: ({ agent: string } & ServerRecord)[];
}

export function teamServers(home: string, team: string): TeamServerRow[] {
  const dir = findTeam(home, team);
  const byAgent = readTeam(dir).agents.map(({ name }) => ({ name, states: readServerStates(dir, name) }));
  return serversOf(readTeamExtensions(dir)).map((server) => ({
    ...{ name: server.fullName, scope: server.scope, what: describeServer(server), whyNot: server.whyNot },
    agents: byAgent.flatMap(({ name, states }) => {
      const state = Object.hasOwn(states, server.fullName) ? states[server.fullName] : undefined;
      return state === undefined ? [] : [{ agent: name, ...state }];
    }),
  }));
}

/** Everything here was written by a plugin or a server: it is shown with its control characters made plain. */
export function renderTeamServers(servers: readonly TeamServerRow[]): string {
  if (servers.length === 0) return 'The team has no MCP servers.\n';
  return servers
    .map(({ name, scope, what, whyNot, agents }) => {
      const lines = agents.map(({ agent, state, reason, tools, protocol, said }) => {
        const has = state === 'ready' ? `, ${tools} tools, protocol ${plainText(protocol)}` : '';
        const why = reason === '' ? '' : `: ${plainText(reason).slice(0, 300)}`;
        const words =
          said === ''
            ? ''
            : `\n    ${plainText(said, { lines: true }).slice(-1_000).replaceAll('\n', '\n    ')}`;
        return `  ${agent}: ${state}${has}${why}${words}`;
      });
      const head = `${plainText(name)}  ${scope}  ${plainText(what).slice(0, 200)}`;
      return [head, ...(whyNot === null ? [] : [`  off: ${plainText(whyNot)}`]), ...lines].join('\n');
    })
    .join('\n')
    .concat('\n');
}
