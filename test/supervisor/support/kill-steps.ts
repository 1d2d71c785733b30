import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { roleHolder } from '../../../src/store/role.ts';
import { openTaskList } from '../../../src/tasklist/tasklist.ts';
import { readLedger } from '../../../src/team/ledger.ts';
import { keeperRoleFile, supervisorRoleFile } from '../../../src/team/paths.ts';
import { readTeam } from '../../../src/team/team.ts';
import { startTerminal } from '../../pane/support.ts';
import { PROGRAM } from '../../support/cowork.ts';
import { eventually } from '../../support/eventually.ts';
import type { Call, TestTeam } from '../../support/team.ts';

const LONG = 120_000;

/** What is killed: the number of the process that is it now. */
export type Process = 'supervisor' | 'keeper' | 'machine' | 'viewer';

export const processOf: Record<
  Exclude<Process, 'viewer'>,
  (team: TestTeam, agent: string) => number | undefined
> = {
  supervisor: (team) => roleHolder(supervisorRoleFile(team.dir))?.pid,
  keeper: (team, agent) => roleHolder(keeperRoleFile(team.dir, agent))?.pid,
  machine: (team, agent) =>
    readLedger(team.dir).findLast((entry) => entry.what === 'machine' && entry.agent === agent)?.process?.pid,
};

/** A viewer at an agent's terminal. */
export function startViewer(team: TestTeam, agent: string): number {
  const args = [PROGRAM, 'attach', agent, '-t', team.name, '--read-only'];
  return startTerminal(process.execPath, args, { env: team.env }).program.pid;
}

/** One step of a job: how an agent is brought to it, and what must be so in the end, whoever was killed then. */
export interface Step {
  /** Resolves once the agent is at that step; the result waits for what must be so in the end. */
  begin(team: TestTeam, agent: string): Promise<() => Promise<void>>;
}

/** A name for this agent at this step, for files and words. */
const at = (step: string, agent: string): string => `${step.replaceAll(' ', '-')}-${agent}`;

/** The steps behind the start-up and in front of the end, each brought about on purpose. */
export const STEPS: Record<string, Step> = {
  'model call': {
    begin: async (team, agent) => {
      const steps = Array.from({ length: 8 }, (_, i): Call[] => [['bash', { command: `true ${i}` }]]);
      const { done } = await team.begin(agent, steps);
      await eventually(
        `${agent} to ask its model`,
        async () =>
          (await team.agent(agent)).state === 'working' && team.transcript(agent).at(-1)?.type === 'user',
        LONG,
      );
      return async () => void (await done(LONG));
    },
  },
  'tool call': {
    begin: async (team, agent) => {
      const file = join(team.folder, at('tool', agent));
      const seen = join(
        readTeam(team.dir).sandbox === 'vm' ? '/grants/mine' : team.folder,
        at('tool', agent),
      );
      // Of a task: what was cut off is done again, and finds that it was.
      const command = `if test -e ${seen}; then echo again; else touch ${seen}; until test -e ${seen}-on; do sleep 0.1; done; fi`;
      const ends = await task(team, agent, 'tool call', command);
      await eventually(`the tool of ${agent} to run`, () => existsSync(file), LONG);
      return () => {
        writeFileSync(`${file}-on`, '');
        return ends();
      };
    },
  },
  send: {
    begin: async (team, agent) => {
      const text = at('sent by', agent);
      const sent = async () =>
        (await team.mail()).filter((mail) => mail.from === agent && mail.text === text);
      const { done } = await team.begin(agent, [[['send_message', { to: 'user', text, key: text }]]]);
      await eventually(`${agent} to send`, async () => (await sent()).length > 0, LONG);
      return async () => {
        await done(LONG);
        const { length } = await sent();
        if (length !== 1) throw new Error(`${agent} has sent it ${length} times`);
      };
    },
  },
  'summing up': {
    begin: async (team, agent) => {
      const noise = Array.from(
        'abcdefghijkl',
        (letter): Call => ['bash', { command: `head -c 23000 /dev/zero | tr '\\0' ${letter}` }],
      );
      const mark = at('full', agent);
      const steps = [noise, ...[1, 2, 3].map((i): Call[] => [['bash', { command: `echo ${mark}-${i}` }]])];
      const summaries = () => team.transcript(agent).filter(({ type }) => type === 'compacted').length;
      const before = summaries();
      const { done } = await team.begin(agent, steps);
      // Once the model has answered with all of that before it, the next thing that is asked of it is the summary.
      await eventually(
        `${agent} to sum up`,
        () => summaries() > before || JSON.stringify(team.transcript(agent).at(-1)).includes(`${mark}-1\\n`),
        LONG,
      );
      return async () => {
        const { length } = await done(LONG);
        if (length !== steps.length) throw new Error(`${agent} remembers ${length} of ${steps.length} steps`);
        if (summaries() === before) throw new Error(`${agent} has summed up nothing`);
      };
    },
  },
  claim: { begin: (team, agent) => atTask(team, agent, 'claim', ['in_progress', 'completed']) },
  complete: { begin: (team, agent) => atTask(team, agent, 'complete', ['completed']) },
};

async function atTask(
  team: TestTeam,
  agent: string,
  step: string,
  states: string[],
): Promise<() => Promise<void>> {
  const ends = await task(team, agent, step, 'echo done');
  const isThere = async () =>
    (await team.tasks()).some(({ subject, state }) => subject === at(step, agent) && states.includes(state));
  await eventually(`the task of ${agent} to be ${states[0]}`, isThere, LONG);
  return ends;
}

/** Gives an agent a task of its own; it must be completed once in the end, by it. The lead is told to take it, as it is given none. */
async function task(
  team: TestTeam,
  agent: string,
  step: string,
  command: string,
): Promise<() => Promise<void>> {
  const subject = at(step, agent);
  const description = JSON.stringify({ steps: [[['bash', { command }]]] });
  const { id } = await openTaskList(team.dir).create({
    by: 'user',
    incarnation: 0,
    subject,
    description,
    owner: agent,
  });
  let heard = async (): Promise<void> => {};
  if (agent === 'lead') {
    const calls: [string, Record<string, unknown>][] = [
      ['task_claim', { id }],
      ['bash', { command }],
      ['task_update', { id, state: 'completed', result: 'by the lead' }],
    ];
    const { done } = await team.begin(
      agent,
      calls.map((call) => [call]),
    );
    heard = async () => {
      await done(LONG);
      // Of an order, unlike of a task, what was cut off is not done again: the user sees to it.
      const { state } = await openTaskList(team.dir).get(id);
      if (state !== 'completed')
        await (
          await team.begin(
            agent,
            calls.map((call) => [call]),
          )
        ).done(LONG);
    };
  }
  return async () => {
    await heard();
    const ended = async () => (await openTaskList(team.dir).get(id)).state === 'completed';
    await eventually(`${subject} to be completed`, ended, LONG);
    const { owner, history } = await openTaskList(team.dir).get(id);
    const times = history.filter(({ event }) => event === 'completed').length;
    if (owner !== agent || times !== 1)
      throw new Error(`${subject} was completed ${times} times, by ${owner}`);
  };
}
