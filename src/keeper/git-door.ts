import type { GateRoutes } from '../gate/server.ts';
import { cloneGrants, hubFolder } from '../git/places.ts';
import { serveRepositories } from '../git/serve.ts';
import { mayChange } from '../protocol/permits.ts';
import { findAgent, readTeam } from '../team/team.ts';

/** The way of one agent's git to the team's repositories: it may push its own branch if it may change anything. */
export function gitDoor(dir: string, agent: string): NonNullable<GateRoutes['git']> {
  return serveRepositories(() => {
    const team = readTeam(dir);
    const own = findAgent(team, agent);
    const isAllowed = mayChange(own) && (own.plan === undefined || own.plan === 'approved');
    const has = (name: string): boolean => cloneGrants(team).some((grant) => grant.name === name);
    return {
      hubOf: (name) => (has(name) ? hubFolder(dir, name) : undefined),
      branch: isAllowed ? agent : null,
    };
  });
}
