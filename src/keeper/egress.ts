import { createResolver } from '../gate/egress/dial.ts';
import { createEgress, type Egress } from '../gate/egress/egress.ts';
import { modelServers } from '../gate/egress/policy.ts';
import { readRule } from '../gate/egress/rules.ts';
import type { Log } from '../protocol/log-events.ts';
import { mayReach } from '../protocol/permits.ts';
import { findAgent, readTeam } from '../team/team.ts';
import { createEgressLog } from './egress-log.ts';

interface AgentEgressOptions {
  dir: string;
  agent: string;
  incarnation: number;
  /** Where the model server is, when it is not Anthropic's. */
  modelUrl: string | undefined;
  log: Log;
}

/** The way out of one agent: by its team's allowlist, as it stands in `team.json` at each request. */
export function agentEgress({ dir, agent, incarnation, modelUrl, log }: AgentEgressOptions): Egress {
  const egressLog = createEgressLog({ dir, agent, incarnation });
  return createEgress({
    // Read each time: it costs less than connecting, and a host that was allowed just now counts at once.
    rules: () => {
      const team = readTeam(dir);
      return mayReach(findAgent(team, agent)) ? team.allowHosts.map(readRule) : [];
    },
    modelServers: modelServers(modelUrl),
    resolve: createResolver(),
    onEvent: (event) => {
      egressLog.note(event).catch((error: unknown) => log('egress_log_failed', { reason: String(error) }));
    },
  });
}
