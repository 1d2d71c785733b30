import { insist, type RehearsalAgent, type Step, say } from '../src/model/rehearsal/script.ts';
import type { EventLine, MailLine, TaskLine, Turn } from '../src/model/rehearsal/turn.ts';

/** Part of a script: says steps, gives back a value. */
export type Scene<T = void> = Generator<Step, T, Turn>;

/** A task that the lead wants on the list. */
export interface Plan {
  subject: string;
  description: string;
  depends_on?: string[];
  owner?: string;
}

/** A word for the shell, whatever it holds. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The first granted folder as the agent sees it. */
export function granted(agent: RehearsalAgent): string {
  const [grant] = agent.grants;
  if (!grant) throw new Error('this rehearsal needs one granted folder');
  return grant.path;
}

/** Creates tasks in one message and gives back their ids. The subject is the key, so a repeat makes none twice. */
export function* createTasks(text: string, plans: readonly Plan[]): Scene<string[]> {
  const step = plans.reduce(
    (before, plan) => before.call('task_create', { ...plan, key: plan.subject }),
    say(text),
  );
  const { results } = yield* insist(step);
  return results.map(({ json, isError, text: said }) => {
    if (isError || typeof json?.id !== 'string') throw new Error(`a task could not be created: ${said}`);
    return json.id;
  });
}

/** What a lead learns while it sleeps. */
export interface Watch {
  agent: RehearsalAgent;
  /** Answers a message; whatever it does not know may be ignored. */
  hear(mail: MailLine): Scene;
}

/** Sleeps until all of `ids` are settled; answers mail in between. Gives back the tasks as they ended. */
export function* untilSettled({ agent, hear }: Watch, ids: readonly string[]): Scene<TaskLine[]> {
  const ended = new Map<string, TaskLine>();
  for (;;) {
    for (let mail = agent.inbox.mail.shift(); mail; mail = agent.inbox.mail.shift()) yield* hear(mail);
    for (const event of agent.inbox.events.splice(0)) noteEnd(event, ended);
    const open = ids.filter((id) => !ended.has(id));
    // What depends on a failed task is never begun: it is for the script to say so and end.
    const hasFailed = [...ended.values()].some(({ state }) => state !== 'completed');
    if (open.length === 0 || hasFailed) return [...ended.values()];
    const { said, events } = yield say(
      `${ids.length - open.length} of ${ids.length} tasks are done. I wait.`,
    );
    // After a restart, and when the runtime has only a hint, the list itself tells what was missed.
    if (/restarted/.test(said) || events.some(({ type }) => type === 'tasks_settled')) {
      const list = yield* insist(say('What has happened meanwhile?').call('task_list'));
      for (const task of asTasks(list.results[0]?.json)) noteEnd({ type: `task_${task.state}`, task }, ended);
    }
  }
}

function noteEnd({ type, task }: EventLine, ended: Map<string, TaskLine>): void {
  if (task && /^task_(completed|failed|cancelled)$/.test(type)) ended.set(task.id, task);
}

function asTasks(json: unknown): TaskLine[] {
  return Array.isArray(json) ? json : []; // the contract: task_list answers an array of tasks
}

/** What a teammate does with its tasks and its mail. */
export interface Duties {
  agent: RehearsalAgent;
  /** Does a task and settles it; false when the script has no part for it. */
  perform(task: TaskLine): Scene<boolean>;
  /** Deals with mail; called between tasks. */
  attend(): Scene;
}

/** A teammate's life: mail, then the next task, then sleep, for ever. */
export function* serve({ agent, perform, attend }: Duties): Scene {
  for (;;) {
    yield* attend();
    const task = agent.inbox.tasks.shift();
    if (!task) {
      yield say('Nothing is left for me to do now.');
      continue;
    }
    if (!(yield* perform(task))) {
      yield* settle(
        `I don't know how: this is a rehearsal.`,
        task,
        'failed',
        'The rehearsal has no part for this task.',
      );
    }
    if (agent.inbox.tasks.length === 0 && agent.inbox.mail.length === 0) yield say(`${task.id} is settled.`);
  }
}

/** Settles a task. A refusal means that it belongs to another by now, which is as well. */
export function* settle(
  text: string,
  task: TaskLine,
  state: 'completed' | 'failed',
  result: string,
  evidence?: string,
): Scene {
  yield* insist(
    say(text).call('task_update', { id: task.id, state, result, ...(evidence ? { evidence } : {}) }),
  );
}

/** Sends a message in a turn of its own. */
export function* tell(text: string, to: string, message: string, replyTo?: string): Scene {
  // The key makes a repeat after a restart harmless.
  const key = `${to}: ${message}`.slice(0, 200);
  const reply = replyTo === undefined ? {} : { reply_to: replyTo };
  yield* insist(say(text).call('send_message', { to, text: message, key, ...reply }));
}
