import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Rehearsal, RehearsalContext } from '../../src/model/rehearsal/script.ts';
import { rehearsalUpstream } from '../../src/model/rehearsal/upstream.ts';
import { textOf } from '../model/front-door.ts';

/** What a rehearsal did on the stage. */
export interface Performance {
  summary: string | null;
  tasks: StageTask[];
  mail: { from: string; to: string; text: string }[];
  /** Model requests by agent. */
  requests: Record<string, number>;
}

export interface StageTask {
  id: string;
  subject: string;
  description: string;
  state: 'pending' | 'in_progress' | 'completed' | 'failed';
  owner: string | null;
  dependsOn: string[];
  result: string | null;
}

export interface StageOptions {
  rehearsal: Rehearsal;
  folder: string;
  teammates: string[];
  /** Granted folders; default: `folder` alone. */
  grants?: RehearsalContext['grants'];
  /** Whether the agent is killed after this call was made and before its result was heard. */
  kills?: (agent: string, call: number) => boolean;
}

interface Block {
  type: string;
  text?: string;
  id?: string;
  name?: string;
  input?: Record<string, string & string[]>;
}

interface Actor {
  name: string;
  role: 'lead' | 'teammate';
  incoming: string[];
  wake: () => void;
  calls: number;
}

const TOOLS = [
  'bash',
  'write',
  'send_message',
  'broadcast',
  'task_create',
  'task_list',
  'task_claim',
  'task_update',
  'finish_job',
];

/**
 * Plays a rehearsal with a team in this process: real requests, a real shell in the granted folder, tasks and mail in
 * memory. It knows nothing of VMs, keepers or files of the team; the runtime has its own tests.
 */
export async function perform({
  rehearsal,
  folder,
  teammates,
  kills,
  grants = [{ name: 'folder', path: folder, mode: 'rw' }],
}: StageOptions): Promise<Performance> {
  const context: RehearsalContext = {
    team: 'stage',
    job: 'As the script says.',
    grants,
    teammates,
    paceMs: 0,
  };
  const performance: Performance = { summary: null, tasks: [], mail: [], requests: {} };
  const keys = new Map<string, unknown>();
  const actor = (name: string, role: Actor['role']): Actor => ({
    name,
    role,
    incoming: [],
    wake: () => {},
    calls: 0,
  });
  const actors = [actor('lead', 'lead'), ...teammates.map((name) => actor(name, 'teammate'))];
  const tell = (to: Actor, text: string) => {
    to.incoming.push(text);
    to.wake();
  };

  const deliver = (from: string, to: string, text: string, extra: object) => {
    performance.mail.push({ from, to, text });
    const recipient = actors.find(({ name }) => name === to);
    const id = `mail-${performance.mail.length}`;
    if (recipient)
      tell(recipient, `From ${from}.\nMAIL ${JSON.stringify({ id, from, kind: 'message', text, ...extra })}`);
    return { id };
  };

  const isOpen = (task: StageTask) =>
    task.state === 'pending' &&
    task.dependsOn.every((id) => performance.tasks.find((other) => other.id === id)?.state === 'completed');

  const giveTasks = () => {
    for (const idle of actors.filter(({ role, incoming }) => role === 'teammate' && incoming.length === 0)) {
      if (
        !sleeping.has(idle.name) ||
        performance.tasks.some((task) => task.owner === idle.name && task.state === 'in_progress')
      )
        continue;
      const task = performance.tasks.find(
        (candidate) => isOpen(candidate) && (candidate.owner ?? idle.name) === idle.name,
      );
      if (!task) continue;
      Object.assign(task, { state: 'in_progress', owner: idle.name });
      tell(idle, `[team] You have been given a task.\nTASK ${JSON.stringify(task)}`);
    }
  };
  const sleeping = new Set<string>();

  const once = (key: string | undefined, act: () => unknown) => {
    if (key === undefined) return act();
    if (!keys.has(key)) keys.set(key, act());
    return keys.get(key);
  };

  const team: Record<string, (who: Actor, input: Record<string, string & string[]>) => unknown> = {
    send_message: (who, input) =>
      once(input.key && `${who.name} ${input.key}`, () =>
        deliver(who.name, input.to ?? '', input.text ?? '', { replyTo: input.reply_to }),
      ),
    broadcast: (who, input) =>
      once(input.key && `${who.name} ${input.key}`, () =>
        actors
          .filter(({ name }) => name !== who.name)
          .map(({ name }) => deliver(who.name, name, input.text ?? '', { broadcastId: 'b' })),
      ),
    task_create: (_, { subject = '', description = '', depends_on = [], owner, key }) =>
      once(key && `task ${key}`, () => {
        const id = `t${performance.tasks.length + 1}`;
        const task: StageTask = {
          id,
          subject,
          description,
          state: 'pending',
          owner: owner ?? null,
          dependsOn: [...depends_on],
          result: null,
        };
        performance.tasks.push(task);
        return task;
      }),
    task_list: () => performance.tasks,
    task_claim: (who, { id }) => {
      const task = performance.tasks.find((candidate) => candidate.id === id);
      if (!task || (!isOpen(task) && task.owner !== who.name))
        throw new Error('{"error":{"code":"TASK_TAKEN"}}');
      return Object.assign(task, { state: 'in_progress', owner: who.name });
    },
    task_update: (who, { id, state, result = null }) => {
      const task = performance.tasks.find((candidate) => candidate.id === id);
      if (task?.owner !== who.name || task.state !== 'in_progress')
        throw new Error('{"error":{"code":"TASK_NOT_YOURS"}}');
      Object.assign(task, { state, result });
      const lead = actors[0];
      if (lead && who !== lead)
        tell(lead, `[team] News.\nEVENT ${JSON.stringify({ type: `task_${state}`, task })}`);
      return task;
    },
    finish_job: (_, { summary = '', force }) => {
      const open = performance.tasks.filter(({ state }) => state === 'pending' || state === 'in_progress');
      if (open.length > 0 && !force) throw new Error('{"error":{"code":"TASKS_OPEN"}}');
      performance.summary = summary;
      for (const { wake } of actors) wake();
      return {};
    },
  };

  const runTool = async (who: Actor, { id, name = '', input = {} }: Block) => {
    try {
      const done =
        name === 'bash'
          ? await bash(input.command ?? '', folder)
          : name === 'write'
            ? await write(input)
            : team[name]?.(who, input);
      return {
        type: 'tool_result',
        tool_use_id: id,
        content: typeof done === 'string' ? done : JSON.stringify(done),
      };
    } catch (error) {
      return {
        type: 'tool_result',
        tool_use_id: id,
        is_error: true,
        content: error instanceof Error ? error.message : String(error),
      };
    }
  };

  const play = async (who: Actor) => {
    let upstream = rehearsalUpstream(rehearsal, context);
    const messages: { role: string; content: unknown[] }[] = [];
    if (who.role === 'lead') who.incoming.push('The job is yours. Begin.');
    for (;;) {
      while (who.incoming.length === 0 && performance.summary === null) {
        sleeping.add(who.name);
        giveTasks();
        if (who.incoming.length > 0) break;
        await new Promise<void>((resolve) => {
          who.wake = resolve;
        });
      }
      sleeping.delete(who.name);
      if (performance.summary !== null) return;
      let results: unknown[] = [];
      do {
        const texts = who.incoming.splice(0).map((text) => ({ type: 'text', text }));
        if (results.length + texts.length > 0)
          messages.push({ role: 'user', content: [...results, ...texts] });
        performance.requests[who.name] = (performance.requests[who.name] ?? 0) + 1;
        const answer = await upstream.send({
          path: '/v1/messages',
          query: '',
          headers: { 'anthropic-version': '2026-10-21' },
          body: Buffer.from(
            JSON.stringify({
              model: 'm',
              max_tokens: 1000,
              messages,
              tools: TOOLS.map((name) => ({ name, input_schema: {} })),
            }),
          ),
          agent: { team: 'stage', name: who.name, role: who.role, incarnation: 1 },
          signal: new AbortController().signal,
        });
        const text = await textOf(answer.body);
        if (answer.status !== 200) throw new Error(`${who.name}: ${text}`);
        const content: Block[] = JSON.parse(text).content;
        messages.push({ role: 'assistant', content });
        const calls = content.filter(({ type }) => type === 'tool_use');
        results = await Promise.all(calls.map((call) => runTool(who, call)));
        giveTasks();
        if (calls.length > 0 && kills?.(who.name, ++who.calls)) {
          // The calls were made; a new incarnation finds them without an answer in its transcript.
          upstream = rehearsalUpstream(rehearsal, context);
          results = calls.map(({ id }) => ({
            type: 'tool_result',
            tool_use_id: id,
            is_error: true,
            content: 'Cut off: the agent was restarted.',
          }));
          who.incoming.push('[team] You were restarted and your conversation was restored.');
        }
      } while (results.length > 0 || who.incoming.length > 0);
    }
  };

  await Promise.all(actors.map(play));
  return performance;
}

async function write(input: Record<string, string>): Promise<string> {
  const { file_path = '', content = '' } = input;
  await mkdir(dirname(file_path), { recursive: true });
  await writeFile(file_path, content);
  return `wrote ${content.length} bytes to ${file_path}`;
}

function bash(command: string, cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const shell = spawn('bash', ['-c', command], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    shell.stdout.on('data', (data) => {
      output += data;
    });
    shell.stderr.on('data', (data) => {
      output += data;
    });
    shell.on('error', reject);
    shell.on('close', (code) => {
      const text = output.replace(/\n+$/, '');
      if (code === 0) resolve(text);
      else reject(new Error(text || `exit ${code}`));
    });
  });
}
