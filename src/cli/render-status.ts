import { PRICES_DATE } from '../model/prices.ts';
import type { AgentStatus, RepositoryStatus, TeamStatus } from '../protocol/team.ts';
import { plainText } from '../text/plain.ts';
import { brief, duration, table } from './print.ts';

/** A team's status as people read it. */
export function renderStatus(status: TeamStatus): string {
  const { team, state, job, elapsedMs, agents, tasks, alerts, costUsd, summary, rehearsal } = status;
  const tasksLine = Object.entries(tasks).map(([name, number]) => `${number} ${name.replace('_', ' ')}`);
  return [
    `${team} · ${state} · ${duration(elapsedMs)} · ${rehearsal === null ? `${costUsd.toFixed(2)} USD at prices of ${PRICES_DATE}` : 'rehearsal: a script plays the models'}\n`,
    `  ${brief(job, 100)}\n\n`,
    table(
      ['AGENT', 'STATE', 'TASK', 'SANDBOX', 'LIFE', 'TOKENS IN/OUT', 'UNREAD', 'WHY'],
      agents.map((agent) => agentRow(agent)),
    ),
    `\nTasks: ${tasksLine.length === 0 ? 'none yet' : tasksLine.join(', ')}\n`,
    ...(status.repositories ?? []).map(repositoryLine),
    ...accelerators(agents),
    status.image === undefined ? '' : `Image: ${status.image}\n`,
    ...lacking(agents),
    ...alerts.map(({ agent, kind, text }) => `Alert (${agent ?? 'team'}, ${kind}): ${plainText(text)}\n`),
    summary === null ? '' : `\n${plainText(summary, { lines: true })}\n`,
    state === 'running'
      ? `\nLook closer: cowork attach -t ${team}, cowork mail -t ${team}, cowork tasks -t ${team}\n`
      : '',
  ].join('');
}

function repositoryLine({ path, branch, landed, returned, waiting, isPublished }: RepositoryStatus): string {
  const counts = [
    `${landed} pushes landed`,
    ...(returned === 0 ? [] : [`${returned} went back`]),
    ...waiting.map(({ agent, commit }) => `${agent}'s ${commit.slice(0, 10)} waits`),
  ];
  const where = isPublished ? '' : ', not yet in your repository';
  return `Repository ${plainText(path)}: ${counts.join(', ')}; the result is ${branch}${where}\n`;
}

/** What runs the machines and why, once for all agents that share it. */
function accelerators(agents: readonly AgentStatus[]): string[] {
  const found = new Map(agents.map(({ accelerator, acceleratorReason }) => [accelerator, acceleratorReason]));
  return [...found].flatMap(([accelerator, reason]) =>
    accelerator === null || reason === null ? [] : [`Machines: ${accelerator}, ${plainText(reason)}\n`],
  );
}

/** What the machines' confinement does without, once for all agents that share it. */
function lacking(agents: readonly AgentStatus[]): string[] {
  const words = new Set(agents.flatMap(({ lacks }) => lacks));
  return [...words].map((lack) => `Confinement: ${plainText(lack)}. See \`cowork doctor\`.\n`);
}

function agentRow(agent: AgentStatus): string[] {
  const { input, cacheRead, cacheWrite, output } = agent.tokens;
  return [
    agent.name,
    agent.state,
    agent.task ?? '-',
    agent.sandbox === 'none' ? 'none!' : `vm (${agent.accelerator ?? '-'})`,
    String(agent.incarnation),
    `${input + cacheRead + cacheWrite}/${output}`,
    String(agent.unread),
    brief(agent.host === undefined ? agent.reason : `on ${agent.host}: ${agent.reason}`, 60),
  ];
}
