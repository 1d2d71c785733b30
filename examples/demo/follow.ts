import { setTimeout as delay } from 'node:timers/promises';
import { coworkJson } from './cowork.ts';

/** The parts of the JSON of `cowork status`, `tasks` and `mail` that are told. */
interface Status {
  state: string;
  summary: string | null;
  tasks: Record<string, number>;
  agents: {
    name: string;
    state: string;
    reason: string;
    accelerator: string | null;
    vmPid: number | null;
    pid: number | null;
    bootMs: number | null;
  }[];
}
interface Task {
  id: string;
  subject: string;
  state: string;
  owner: string | null;
  result: string | null;
}
interface Mail {
  id: string;
  from: string;
  to: string;
  text: string;
  broadcastId: string | null;
}

/** What was seen of a team until it was over. */
export interface Seen {
  status: Status;
  /** Virtual machines that ran. */
  vms: number;
  /** Processes of the team that are still there; there should be none. */
  left: number[];
}

const POLL_MS = 700;

/** Tells what a team does as it happens, and returns when it is over and nothing of it runs. */
export async function follow(
  team: string,
  started: number,
  limitS: number,
  say: (line: string) => void,
): Promise<Seen> {
  const told = new Set<string>();
  const once = (key: string, line: string): void => {
    if (told.has(key)) return;
    told.add(key);
    say(`${clock(performance.now() - started)}  ${line}`);
  };
  const machines = new Set<number>();
  const processes = new Set<number>();
  for (;;) {
    const status = await look<Status>(['status', '--team', team]);
    if (status !== undefined) {
      for (const agent of status.agents) {
        if (agent.vmPid !== null) machines.add(agent.vmPid);
        for (const pid of [agent.vmPid, agent.pid]) if (pid !== null) processes.add(pid);
        tellAgent(agent, once);
      }
      for (const task of (await look<Task[]>(['tasks', '--team', team])) ?? []) tellTask(task, once);
      for (const mail of (await look<Mail[]>(['mail', '--team', team], 'lines')) ?? []) tellMail(mail, once);
      const isOver = !['starting', 'running'].includes(status.state);
      const isLate = performance.now() - started > limitS * 1000;
      if (isOver || isLate) {
        if (isOver) await look(['wait', '--team', team, '--timeout', '60']);
        const last = (await look<Status>(['status', '--team', team])) ?? status;
        return { status: last, vms: machines.size, left: [...processes].filter(isThere) };
      }
    } else if (performance.now() - started > 60_000) {
      throw new Error(`The team "${team}" did not start.`);
    }
    await delay(POLL_MS);
  }
}

function tellAgent({ name, state, reason, accelerator, bootMs }: Status['agents'][number], once: Once): void {
  if (bootMs !== null)
    once(
      `boot ${name}`,
      `${name} is up in its virtual machine (${accelerator}, ${(bootMs / 1000).toFixed(1)} s)`,
    );
  else if (state === 'starting' && reason !== '') once(`start ${name}`, `${name} is being started`);
  if (state === 'failed') once(`failed ${name}`, `${name} FAILED: ${reason}`);
}

function tellTask({ id, subject, state, owner, result }: Task, once: Once): void {
  once(`task ${id}`, `+ ${id} ${subject}`);
  if (state === 'in_progress') once(`claim ${id} ${owner}`, `> ${id} is worked on by ${owner}`);
  if (state === 'completed') once(`done ${id}`, `✓ ${id} ${owner}: ${brief(result ?? '')}`);
  if (state === 'failed') once(`fail ${id}`, `✗ ${id} ${owner}: ${brief(result ?? '')}`);
}

function tellMail({ id, from, to, text, broadcastId }: Mail, once: Once): void {
  once(`mail ${broadcastId ?? id}`, `@ ${from} → ${broadcastId === null ? to : 'all'}: ${brief(text)}`);
}

type Once = (key: string, line: string) => void;

/** Asks cowork; undefined while the team is not there yet. */
async function look<Value>(words: string[], form?: 'lines'): Promise<Value | undefined> {
  try {
    return await coworkJson<Value>(words, form);
  } catch {
    return undefined; // asked again, until the limit
  }
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
