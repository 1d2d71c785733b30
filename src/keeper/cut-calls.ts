import { readRule } from '../gate/egress/rules.ts';
import type { Mailbox } from '../mailbox/mailbox.ts';
import { openMemory } from '../memory/memory.ts';
import type { TranscriptBlock } from '../protocol/gate.ts';
import type { Message } from '../protocol/message.ts';
import type { TaskList } from '../tasklist/tasklist.ts';
import { listApprovals } from '../team/approvals.ts';
import { shownTitle } from '../team/artifact-names.ts';
import { listArtifacts } from '../team/artifacts.ts';
import { readConversation } from '../team/conversation.ts';
import { homeOf } from '../team/paths.ts';
import { readTeam } from '../team/team.ts';

/** Whose calls were cut, and the files that know what came of them. */
interface Where {
  dir: string;
  agent: string;
  mailbox: Mailbox;
  tasks: TaskList;
}

/** A call of the last reply that nobody has answered. */
interface Cut {
  id: string;
  name: string;
  input: Record<string, unknown>;
  /** When the reply was in the transcript: what the call did came later. */
  since: string;
  incarnation: number;
}

/**
 * What the files of the team say of each call on the team that was cut off by the end of a life, by the id of the call: done, or not done, for an agent to read.
 * Nobody writes for that life any more, so what is not there was not done.
 */
export async function knownOfCutCalls(where: Where): Promise<Record<string, string>> {
  const known = await Promise.all(
    cutCalls(where.dir, where.agent).map(async (cut) => [cut.id, await sayOf(cut, where)] as const),
  );
  return Object.fromEntries(known.filter((one): one is [string, string] => one[1] !== undefined));
}

function cutCalls(dir: string, agent: string): Cut[] {
  const said = readConversation(dir, agent).filter(({ entry }) => entry.type !== 'note');
  const last = said.findLastIndex(
    ({ entry }, i) => entry.type === 'assistant' && said[i - 1]?.entry.type !== 'assistant',
  );
  if (last === -1) return [];
  const later = said.slice(last);
  const blocks = later.flatMap(({ entry }) => (entry.type === 'note' ? [] : entry.content));
  const answered = new Set(blocks.map(({ tool_use_id }) => tool_use_id));
  return later.flatMap(({ entry, at, incarnation }) =>
    entry.type !== 'assistant'
      ? []
      : entry.content.flatMap((block) =>
          isCall(block) && !answered.has(block.id) ? { ...block, since: at, incarnation } : [],
        ),
  );
}

const isCall = (block: TranscriptBlock): block is TranscriptBlock & Pick<Cut, 'id' | 'name' | 'input'> =>
  block.type === 'tool_use' && typeof block.id === 'string' && typeof block.name === 'string';

const done = (what: string): string => `It was done: ${what}. Do not do it again.`;
const notDone = (what: string): string =>
  `It was not done: ${what}. Make the call again if it is still wanted.`;
const ONLY_LOOKS = 'It only looks and has changed nothing: make it again if you need it.';

type Teller = (cut: Cut, where: Where) => string | Promise<string>;

const TELLERS: Record<string, Teller> = {
  send_message: ofMessage,
  broadcast: ofBroadcast,
  task_create: ofCreate,
  task_claim: ofClaim,
  task_update: ofUpdate,
  ask_user: ofRequest,
  request_access: ofRequest,
  present: ofPresent,
  submit_plan: (_, { dir, agent }) =>
    ofMember(dir, agent, ({ plan }) => plan === 'submitted', 'the plan is submitted'),
  spawn_teammate: ({ input }, { dir }) =>
    ofMember(dir, input.name, () => true, `${input.name} is in the team`),
  stop_teammate: ({ input }, { dir }) =>
    ofMember(
      dir,
      input.name,
      ({ wanted }) => wanted === 'stopped',
      `${input.name} is stopped, or about to be`,
    ),
  review_plan: ({ input }, { dir }) =>
    ofMember(
      dir,
      input.name,
      ({ plan }) => plan !== 'submitted',
      `nothing of ${input.name} waits for a decision`,
    ),
  finish_job: () => notDone('the job goes on'),
  memory: ofNote,
  ...Object.fromEntries(
    ['task_list', 'task_get', 'read_message', 'web_fetch'].map((name) => [name, () => ONLY_LOOKS]),
  ),
};

async function sayOf(cut: Cut, where: Where): Promise<string | undefined> {
  return Object.hasOwn(TELLERS, cut.name) ? TELLERS[cut.name]?.(cut, where) : undefined;
}

/** What this agent has sent with these words in the life of the call; `since` it, or all of that life. */
async function sentBy({ input, since, incarnation }: Cut, { mailbox, agent }: Where) {
  const log = await mailbox.log({ from: agent });
  const inLife: Message[] = [];
  for (const message of log) {
    if (message.incarnation === incarnation && (await mailbox.body(message)) === input.text)
      inLife.push(message);
  }
  return { inLife, now: inLife.filter(({ created }) => created >= since) };
}

async function ofMessage(cut: Cut, where: Where): Promise<string> {
  const { inLife, now } = await sentBy(cut, where);
  const to = (message: Message) => message.to === cut.input.to && message.broadcastId === null;
  const sent = now.find(to);
  if (sent !== undefined) return done(`message ${sent.id} to ${sent.to} is sent`);
  // Times are this host's, and a clock may have been set back meanwhile.
  return inLife.some(to)
    ? `You have sent the same to ${cut.input.to} before; whether also by this call is not known.`
    : notDone('no such message was sent');
}

async function ofBroadcast(cut: Cut, where: Where): Promise<string> {
  const reached = (await sentBy(cut, where)).now
    .filter(({ broadcastId }) => broadcastId !== null)
    .map(({ to }) => to);
  const others = readTeam(where.dir).agents.filter(
    ({ name, wanted }) => name !== where.agent && wanted === 'running',
  );
  const missed = others.map(({ name }) => name).filter((name) => !reached.includes(name));
  if (reached.length === 0) return notDone('it was sent to nobody');
  if (missed.length === 0) return done(`it is sent to ${reached.join(', ')}`);
  return `It was sent to ${reached.join(', ')}, and not to ${missed.join(', ')}. Write to those alone.`;
}

async function ofCreate({ input, since }: Cut, { tasks, agent }: Where): Promise<string> {
  for (const { id, subject, created } of await tasks.list()) {
    if (subject !== input.subject || created < since) continue;
    if ((await tasks.get(id)).history[0]?.by === agent) return done(`it is task ${id}`);
  }
  return notDone('there is no such task of yours');
}

async function ofClaim({ input, since }: Cut, { tasks, agent }: Where): Promise<string> {
  for (const { id } of await tasks.list()) {
    if (input.id !== undefined && input.id !== id) continue;
    const { history, state } = await tasks.get(id);
    if (history.some(({ at, by, event }) => at >= since && by === agent && event === 'claimed'))
      return `It was done: you had claimed ${id}. When you were restarted it was opened again; it is ${state} now.`;
  }
  return notDone('you claimed no task');
}

/** What an update is called in the history of a task. */
const EVENTS: Record<string, string> = { pending: 'released', in_progress: 'edited' };

async function ofUpdate({ input, since }: Cut, { tasks, agent }: Where): Promise<string> {
  const task = (await tasks.list()).find(({ id }) => id === input.id);
  if (task === undefined) return notDone(`there is no task ${input.id}`);
  const wanted = EVENTS[String(input.state)] ?? String(input.state);
  const { history } = await tasks.get(task.id);
  const happened = history.some(({ at, by, event }) => at >= since && by === agent && event === wanted);
  return happened
    ? done(`${task.id} is ${task.state}`)
    : `It was not done: ${task.id} is ${task.state}${task.owner === null ? '' : `, of ${task.owner}`}. Your claims ended when you were restarted: claim it again first.`;
}

function ofRequest({ input, since }: Cut, { dir, agent }: Where): string {
  const what = input.kind === 'host' ? hostOf(input.target) : (input.question ?? input.target);
  const asked = listApprovals(dir).find(
    (request) => request.agent === agent && request.created >= since && request.what === what,
  );
  return asked === undefined
    ? notDone('nothing of it was asked')
    : done(`it is request ${asked.id}, and you are told of the answer`);
}

/** A host as a request names it. */
function hostOf(target: unknown): string {
  try {
    return readRule(String(target)).text;
  } catch {
    return ''; // no rule: it was refused, and nothing was asked
  }
}

function ofPresent({ input, since }: Cut, { dir, agent }: Where): string {
  const shown = listArtifacts(dir).find(
    ({ maker, title, created }) =>
      maker === agent && created >= since && title === shownTitle(String(input.title)),
  );
  return shown === undefined
    ? notDone('there is no such artifact')
    : done(`it is artifact ${shown.id} (${shown.bytes} bytes)`);
}

/** By the notes as they are now; of a change in the middle of one nothing can be said. */
function ofNote({ input }: Cut, { dir }: Where): string {
  const { command, path, file_text, old_path, new_path } = input;
  if (command === 'view' || command === 'search') return ONLY_LOOKS;
  const notes = openMemory(homeOf(dir), readTeam(dir).project ?? null).list();
  const at = (given: unknown) => notes.find(({ place }) => `/memories/${place}` === given);
  if (command === 'create' && typeof file_text === 'string' && at(path)?.text === file_text)
    return done(`${path} has this text`);
  if (command === 'create')
    return 'It was not done, or somebody has changed the note since: view it before you make the call again.';
  if (command === 'delete')
    return at(path) === undefined ? done(`there is no ${path}`) : notDone(`${path} is there`);
  if (command === 'rename' && at(new_path) === undefined) return notDone(`there is no ${new_path}`);
  if (command === 'rename' && at(old_path) === undefined) return done(`it is ${new_path}`);
  return 'What it had done by then is not known: view the note before you repeat it.';
}

function ofMember(
  dir: string,
  name: unknown,
  holds: (member: ReturnType<typeof readTeam>['agents'][number]) => boolean,
  what: string,
): string {
  const member = readTeam(dir).agents.find((agent) => agent.name === name);
  return member !== undefined && holds(member) ? done(what) : notDone('the roster is as it was');
}
