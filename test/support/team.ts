import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { post } from '../../src/keeper/post.ts';
import { type LogFilter, openMailbox } from '../../src/mailbox/mailbox.ts';
import type { TranscriptEntry } from '../../src/protocol/gate.ts';
import type { Message, Priority } from '../../src/protocol/message.ts';
import type { Task } from '../../src/protocol/task.ts';
import type { AgentStatus, TeamStatus } from '../../src/protocol/team.ts';
import { teamStatus } from '../../src/supervisor/team-status.ts';
import { openTaskList } from '../../src/tasklist/tasklist.ts';
import { readTeam } from '../../src/team/team.ts';
import { type Desk, openDesk } from './cowork.ts';
import { eventually } from './eventually.ts';

const FIXTURES = join(import.meta.dirname, '..', 'fixtures');
export const fixture = (name: string): string => join(FIXTURES, `${name}.ts`);

/**
 * A team without a sandbox that was launched on a desk of its own. It is looked at through the files of the team, in this
 * process, so that a test that polls leaves the machine to the team.
 */
export interface TestTeam extends Desk {
  name: string;
  dir: string;
  status(): Promise<TeamStatus>;
  agent(name: string): Promise<AgentStatus>;
  tasks(): Promise<Task[]>;
  /** Its mail, oldest first. */
  mail(filter?: LogFilter): Promise<Message[]>;
  send(to: string, text: string, priority?: Priority): Promise<Message>;
  /** Lets an agent of the puppet rehearsal make calls, and gives what came of each step. */
  order(to: string, steps: Call[][], priority?: Priority): Promise<StepLog[]>;
  /** The same without waiting; `done` gives the answer. */
  begin(
    to: string,
    steps: Call[][],
    priority?: Priority,
  ): Promise<{ done(timeoutMs?: number): Promise<StepLog[]> }>;
  /** Waits until the agent is in this state. */
  settled(name: string, state?: string): Promise<AgentStatus>;
  transcript(name: string): TranscriptEntry[];
}

export type Call = [tool: string, input: Record<string, unknown>];
export interface StepLog {
  results: {
    name: string;
    text: string;
    /** The text parsed, where it is JSON of our tools. */
    json: { id: string; state: string; error: { code: string; message: string; hint: string } };
    isError: boolean;
    isCut: boolean;
  }[];
  mail: { from: string; text: string }[];
}

/** Launches a team that is played by a script of `test/fixtures`, with one granted folder of four words. */
export async function launch(
  script: string,
  flags: string[] = ['--teammates', '2'],
  desk: Desk = openDesk(),
): Promise<TestTeam> {
  writeFileSync(join(desk.folder, 'words.txt'), 'one two three four\n');
  const rehearsal = ['--rehearsal', fixture(script), '--sandbox', 'none', '--grant', desk.folder];
  const { team, dir } = await desk.json<{ team: string; dir: string }>(
    'launch',
    'Do as you are told',
    ...rehearsal,
    ...flags,
  );
  return teamOn(desk, team, dir);
}

/** The handle of a team that is there. */
export function teamOn(desk: Desk, name: string, dir: string): TestTeam {
  const mailbox = openMailbox(dir);
  const team: TestTeam = {
    ...desk,
    name,
    dir,
    status: () => teamStatus(dir),
    agent: async (agent) => {
      const found = (await team.status()).agents.find((each) => each.name === agent);
      if (found === undefined) throw new Error(`no agent ${agent}`);
      return found;
    },
    tasks: () => openTaskList(dir).list(),
    mail: (filter) => mailbox.log(filter),
    send: (to, text, priority = 'steer') =>
      post(openMailbox(dir), readTeam(dir), { from: 'user', to, text, priority, incarnation: 0 }),
    begin: async (to, steps, priority) => {
      const { id } = await team.send(to, JSON.stringify({ steps }), priority);
      const answer = async () => {
        const found = (await team.mail({ agent: 'user' })).find(({ replyTo }) => replyTo === id);
        return found && (JSON.parse(await mailbox.body(found)) as StepLog[]); // written by the puppet
      };
      const what = `${to} to have done ${JSON.stringify(steps)}`;
      return { done: (timeoutMs = 20_000) => eventually(what, answer, timeoutMs) };
    },
    order: async (...given) => (await team.begin(...given)).done(),
    settled: (agent, state = 'idle') =>
      eventually(
        `${agent} to be ${state}`,
        async () => {
          const status = await team.agent(agent);
          return status.state === state ? status : undefined;
        },
        20_000,
      ),
    transcript: (agent) =>
      readFileSync(join(dir, 'agents', agent, 'transcript.jsonl'), 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line).entry),
  };
  return team;
}

/** One team for all tests of a file. */
export function sharedTeam(script: string, flags?: string[]): () => TestTeam {
  let team: TestTeam | undefined;
  const atEnd: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    team = await launch(
      script,
      flags,
      openDesk((work) => atEnd.push(work)),
    );
  });
  afterAll(async () => {
    for (const work of atEnd) await work();
  });
  return () => {
    if (team === undefined) throw new Error('the team of this file was not launched');
    return team;
  };
}
