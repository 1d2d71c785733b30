import { isDeepStrictEqual } from 'node:util';
import type { Mailbox } from '../mailbox/mailbox.ts';
import { openBackend } from '../store/open-backend.ts';
import { agentStatus } from '../team/agent-status.ts';
import { closeAlert, raiseAlert } from '../team/alerts.ts';
import { readPresence, writePresence } from '../team/presence.ts';
import { stopAgent } from '../team/roster.ts';
import { openSharedTeam, type SharedAgent, type SharedTeam } from '../team/shared-team.ts';
import { endTeam, type RemoteAgent, type TeamRecord, updateTeam } from '../team/team.ts';

interface SharingOptions {
  dir: string;
  mailbox: Mailbox;
  /** Milliseconds since some fixed moment. */
  now?: () => number;
}

/** How often is looked at what other hosts say, and how often they are told that we are there, in milliseconds. */
const LOOK_MS = 500;
const BEAT_MS = 2_000;
/** How long a host may say nothing before people are told, in milliseconds. */
const SILENT_MS = 15_000;

/**
 * Keeps what this host knows of a team that several share, and they of it: rosters, the team's phase, who is to be stopped, who
 * is silent. Nothing decides by a clock of another host: silent is who has said nothing new while our own clock went on.
 */
export function createSharing({ dir, mailbox, now = () => performance.now() }: SharingOptions) {
  const backend = openBackend(dir);
  const log = openSharedTeam(backend);
  const heard = new Map<string, { beat: number | undefined; since: number; isSilent: boolean }>();
  let lookedAt = Number.NEGATIVE_INFINITY;
  let seen = 0;
  let beat = Date.now(); // rises over restarts too; compared for being another only
  let told = { at: Number.NEGATIVE_INFINITY, agents: '' };

  const publish = async (team: TeamRecord, host: NonNullable<TeamRecord['host']>): Promise<SharedTeam> => {
    const shared = await log.read();
    const own = sharedAgents(team).filter(({ name }) => (shared.holders.get(name) ?? host.id) === host.id);
    const isSame = isDeepStrictEqual(shared.hosts.get(host.id)?.agents, own);
    const after = isSame
      ? shared
      : await log.publish({ type: 'host', host: host.id, label: host.label, agents: own });
    if (after.founded?.host !== host.id || after.phase === team.phase) return after;
    const { phase, summary } = team;
    return log.publish({ type: 'phase', host: host.id, phase, summary });
  };

  /** Makes of this host's record what the others have said. */
  const follow = async (team: TeamRecord, host: string, shared: SharedTeam): Promise<void> => {
    const elsewhere = [...shared.hosts].flatMap(([id, { label, agents }]) =>
      id === host ? [] : agents.map((agent): RemoteAgent => ({ ...agent, host: { id, label } })),
    );
    if (!isDeepStrictEqual(team.elsewhere ?? [], elsewhere)) {
      await updateTeam(dir, (record) => ({ ...record, elsewhere }));
    }
    for (const { name, wanted } of team.agents) {
      if (wanted === 'stopped') continue;
      const holder = shared.holders.get(name);
      if (holder !== undefined && holder !== host)
        await stopAgent(dir, name, 'another host has an agent of that name');
      const stop = shared.stops.get(name);
      if (stop !== undefined) await stopAgent(dir, name, stop);
    }
    const isEnded = shared.founded?.host !== host && shared.phase !== 'running';
    if (isEnded && team.phase === 'running') await endTeam(dir, endOf(shared.phase), shared.summary ?? '');
  };

  const sayThatWeAreThere = async (team: TeamRecord, host: string): Promise<void> => {
    const agents = team.agents.map((agent) => ({
      ...agentStatus(dir, team, agent, 0),
      ...{ pid: null, vmPid: null },
    }));
    const text = JSON.stringify(agents);
    if (text === told.agents && now() - told.at < BEAT_MS) return;
    await writePresence(backend, host, { v: 1, beat: ++beat, agents });
    told = { at: now(), agents: text };
  };

  const listenFor = async (
    id: string,
    { label, agents }: { label: string; agents: SharedAgent[] },
    isFounder: boolean,
  ): Promise<void> => {
    const running = agents.filter(({ wanted }) => wanted === 'running').map(({ name }) => name);
    const known = heard.get(id);
    const said = (await readPresence(backend, id))?.beat;
    const kind = `host ${label}`;
    if (known === undefined || known.beat !== said || running.length === 0) {
      heard.set(id, { beat: said, since: now(), isSilent: false });
      // Also one that an earlier supervisor has raised.
      if (known === undefined || known.isSilent) await closeAlert(dir, null, kind);
      return;
    }
    if (known.isSilent || now() - known.since < SILENT_MS) return;
    known.isSilent = true;
    const text = `Nothing is heard from the host ${label}, with ${running.join(', ')}. What they hold stays theirs.`;
    await raiseAlert(dir, null, kind, `${text} \`cowork tasks release ID\` gives a task to others.`);
    if (!isFounder) return;
    const next =
      'They may come back; mail to them is kept. A task of theirs that must not wait can be made anew.';
    await mailbox.send({
      ...{ from: 'team', to: 'lead', kind: 'notice', incarnation: 0 },
      ...{ text: `${text} ${next}`, key: `silent-${id}-${said}` },
    });
  };

  return async (team: TeamRecord): Promise<void> => {
    const { host } = team;
    if (host === undefined || (team.revision === seen && now() - lookedAt < LOOK_MS)) return;
    const shared = await publish(team, host);
    await follow(team, host.id, shared);
    await sayThatWeAreThere(team, host.id);
    for (const [id, other] of shared.hosts) {
      if (id !== host.id) await listenFor(id, other, shared.founded?.host === host.id);
    }
    seen = team.revision;
    lookedAt = now();
  };
}

/** The agents of this host as the others are to know them: when the host has left, none of them runs. */
export function sharedAgents({ phase, agents }: Pick<TeamRecord, 'phase' | 'agents'>): SharedAgent[] {
  return agents.map(({ name, role, title, wanted, reason }) =>
    phase === 'running' || wanted === 'stopped'
      ? { name, role, title, wanted, reason }
      : {
          name,
          role,
          title,
          wanted: 'stopped',
          reason: `its host has ${phase === 'stopped' ? 'left' : 'ended'}`,
        },
  );
}

const endOf = (phase: SharedTeam['phase']) => (phase === 'running' ? 'stopped' : phase);
