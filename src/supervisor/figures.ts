import { loadIds } from '../store/ids.ts';
import { openJournal } from '../store/journal.ts';
import { encodeRecord, RECORD_VERSION } from '../store/record.ts';
import { replaceFile } from '../store/replace-file.ts';
import { readAgentRecord } from '../team/agent-record.ts';
import { agentStatus } from '../team/agent-status.ts';
import { type AgentFigures, type FiguresRecord, readFigures } from '../team/figures.ts';
import { figuresFile } from '../team/paths.ts';
import type { RosterEntry, TeamRecord } from '../team/team.ts';
import { cpuSeconds, residentBytes } from '../vm/process-usage.ts';

/** How often a young team is noted, in milliseconds. */
const EVERY_MS = 2_000;
/** Samples that are kept of a team, however old it gets: when there are more, two become one, and it is noted half as often. */
export const SAMPLES_MAX = 600;

/**
 * Notes over time what each agent has used and what its machine takes, in `figures.jsonl`. Only the supervisor writes it. Tokens and money are
 * sums, so what a killed supervisor did not note is in the next sample; what the processor did meanwhile is not known. Not synced to the disk.
 */
export function createFigures({
  dir,
  now = () => performance.now(),
  everyMs: first = EVERY_MS,
}: {
  dir: string;
  /** Milliseconds since some fixed moment. */
  now?: () => number;
  everyMs?: number;
}): (team: TeamRecord) => Promise<void> {
  const journal = openJournal(figuresFile(dir), { durable: false });
  const used = new Map<string, { pid: number; seconds: number; at: number }>();
  let known: { count: number; everyMs: number } | undefined;
  let last = Number.NEGATIVE_INFINITY;
  let hasEnded = false;

  const figuresOf = (team: TeamRecord, agent: RosterEntry): AgentFigures => {
    const { tokens, costUsd, pid } = agentStatus(dir, team, agent, 0);
    const sums = {
      tokensIn: tokens.input + tokens.cacheRead + tokens.cacheWrite,
      ...{ tokensOut: tokens.output, costUsd: Number(costUsd.toFixed(6)) },
    };
    const machine = pid === null ? null : readAgentRecord(dir, agent.name).vmPid;
    const memory = machine === null ? 0 : residentBytes(machine);
    if (machine === null || memory === 0) return { ...sums, cpu: null, memory: null };
    const before = used.get(agent.name);
    const is = { pid: machine, seconds: cpuSeconds(machine), at: now() };
    used.set(agent.name, is);
    const spent =
      before?.pid === machine ? (is.seconds - before.seconds) / ((is.at - before.at) / 1000) : null;
    return { ...sums, cpu: spent === null ? null : Number(Math.max(0, spent).toFixed(3)), memory };
  };

  return async (team) => {
    if (known === undefined) {
      const records = readFigures(dir);
      known = { count: records.length, everyMs: records.at(-1)?.everyMs ?? first };
    }
    const isOver = team.phase !== 'running';
    if (isOver ? hasEnded : now() - last < known.everyMs) return;
    hasEnded = isOver;
    last = now();
    const agents = Object.fromEntries(team.agents.map((agent) => [agent.name, figuresOf(team, agent)]));
    const head = { v: RECORD_VERSION, id: (await loadIds())(), by: 'team', incarnation: 0 } as const;
    journal.write({
      ...head,
      ...{ at: new Date().toISOString(), type: 'figures', everyMs: known.everyMs, agents },
    } as FiguresRecord);
    if (++known.count > SAMPLES_MAX) known = await thin(dir);
  };
}

/** Makes one of each two samples: readers see the file before or after, never a part. */
async function thin(dir: string): Promise<{ count: number; everyMs: number }> {
  const records = readFigures(dir);
  const everyMs = (records.at(-1)?.everyMs ?? EVERY_MS) * 2;
  const halved: FiguresRecord[] = [];
  // From the end, so that the newest stays.
  for (let at = records.length - 1; at >= 0; at -= 2) {
    const later = records[at] as FiguresRecord; // within the list
    halved.unshift({ ...joined(records[at - 1], later), everyMs });
  }
  await replaceFile(figuresFile(dir), Buffer.concat(halved.map((record) => encodeRecord(record))), {
    durable: false,
  });
  return { count: halved.length, everyMs };
}

/** Sums as they were at the later one; of what the processor did the mean. */
function joined(earlier: FiguresRecord | undefined, later: FiguresRecord): FiguresRecord {
  const agents = Object.entries(later.agents).map(([name, figures]): [string, AgentFigures] => {
    const before = earlier?.agents[name]?.cpu ?? figures.cpu;
    const cpu = figures.cpu === null || before === null ? before : (before + figures.cpu) / 2;
    return [name, { ...figures, cpu: cpu === null ? null : Number(cpu.toFixed(3)) }];
  });
  return { ...later, agents: Object.fromEntries(agents) };
}
