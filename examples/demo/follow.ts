import { setTimeout as delay } from 'node:timers/promises';
import { openMailbox } from '../../src/mailbox/mailbox.ts';
import type { Message } from '../../src/protocol/message.ts';
import type { Task } from '../../src/protocol/task.ts';
import type { AgentStatus, TeamStatus } from '../../src/protocol/team.ts';
import { roleHolder } from '../../src/store/role.ts';
import { teamStatus } from '../../src/supervisor/team-status.ts';
import { openTaskList } from '../../src/tasklist/tasklist.ts';
import { supervisorRoleFile } from '../../src/team/paths.ts';

/** What was seen of a team until it was over. */
export interface Seen {
  status: TeamStatus;
  /** Virtual machines that ran. */
  vms: number;
  /** Processes of the team that are still there; there should be none. */
  left: number[];
}

const POLL_MS = 300;
/** How long a team that is over may take to leave the machine, in milliseconds. */
const LEAVE_MS = 60_000;

/** Tells what the team in `dir` does as it happens, and returns when it is over and nothing of it runs. */
export async function follow(
  dir: string,
  started: number,
  limitMs: number,
  say: (line: string) => void,
): Promise<Seen> {
  const told = new Set<string>();
  const once: Once = (key, line) => {
    if (told.has(key)) return;
    told.add(key);
    say(`${clock(performance.now() - started)}  ${line}`);
  };
  const tasks = openTaskList(dir);
  const mailbox = openMailbox(dir);
  const machines = new Set<number>();
  const processes = new Set<number>();
  let over = Number.POSITIVE_INFINITY;
  for (;;) {
    const status = await teamStatus(dir);
    for (const agent of status.agents) {
      if (agent.vmPid !== null) machines.add(agent.vmPid);
      for (const pid of [agent.vmPid, agent.pid]) if (pid !== null) processes.add(pid);
      tellAgent(agent, once);
    }
    for (const task of await tasks.list()) tellTask(task, once);
    for (const mail of await mailbox.log()) tellMail(mail, once);
    const now = performance.now();
    if (!['starting', 'running'].includes(status.state)) over = Math.min(over, now);
    const hasLeft = over <= now && roleHolder(supervisorRoleFile(dir)) === undefined;
    if (hasLeft || now - over > LEAVE_MS || now - started > limitMs) {
      return { status, vms: machines.size, left: [...processes].filter(isThere) };
    }
    await delay(POLL_MS);
  }
}

type Once = (key: string, line: string) => void;

function tellAgent({ name, state, reason, accelerator, bootMs }: AgentStatus, once: Once): void {
  const boot = `${((bootMs ?? 0) / 1000).toFixed(1)} s`;
  if (bootMs !== null)
    once(`boot ${name}`, `${name} is up in a virtual machine of its own (${accelerator}, ${boot})`);
  else if (state === 'starting' && reason !== '') once(`start ${name}`, `${name} is being started`);
  if (state === 'failed') once(`failed ${name}`, `${name} FAILED: ${reason}`);
}

function tellTask({ id, subject, state, owner, result }: Task, once: Once): void {
  once(`task ${id}`, `+ ${id} ${subject}`);
  if (state === 'in_progress') once(`claim ${id} ${owner}`, `> ${id} is worked on by ${owner}`);
  if (state === 'completed') once(`done ${id}`, `✓ ${id} ${owner}: ${brief(result ?? '')}`);
  if (state === 'failed') once(`fail ${id}`, `✗ ${id} ${owner}: ${brief(result ?? '')}`);
}

function tellMail({ id, from, to, text, broadcastId }: Message, once: Once): void {
  once(`mail ${broadcastId ?? id}`, `@ ${from} → ${broadcastId === null ? to : 'all'}: ${brief(text)}`);
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const brief = (text: string): string => {
  const line = text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '·')
    .trim();
  return line.length > 110 ? `${line.slice(0, 109)}…` : line;
};

function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
