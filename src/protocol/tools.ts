import { z } from 'zod';
import { Priority } from './message.ts';
import { Evidence, TaskNeed, TaskState } from './task.ts';
import { EFFORTS, THINKING } from './team.ts';
import { MESSAGE_BODY_MAX_BYTES } from './words.ts';

/** Who may call a tool. */
export type ToolAudience = 'all' | 'lead' | 'teammate';

interface TeamTool<Input extends z.ZodType> {
  audience: ToolAudience;
  /** What the model reads. */
  description: string;
  input: Input;
}

const tool = <Input extends z.ZodType>(
  audience: ToolAudience,
  description: string,
  input: Input,
): TeamTool<Input> => ({
  audience,
  description,
  input,
});

const agentName = z.string().min(1).max(63);
const taskId = z.string().regex(/^t[1-9]\d{0,8}$/, 'a task id looks like t12');
const key = z
  .string()
  .min(1)
  .max(200)
  .optional()
  .describe('Idempotency key: a repeat returns the first result.');
const text = z.string().min(1).max(MESSAGE_BODY_MAX_BYTES);

/** The tools that act on the team. The guest offers them to the model, the keeper checks and executes them. */
export const TEAM_TOOLS = {
  send_message: tool(
    'all',
    'Sends a message to one agent of the team (a name from the roster) or to "user". It is delivered between two tool calls of the recipient.',
    z.strictObject({
      to: agentName,
      text,
      priority: Priority.optional().describe(
        'note: at the end of the turn; steer: at the next tool boundary (default); interrupt: now.',
      ),
      reply_to: z.string().max(40).optional().describe('Id of the message that this one answers.'),
      key,
    }),
  ),
  broadcast: tool(
    'all',
    'Sends one message to every other agent of the team. Use it for what everybody must know, not for talk between two.',
    z.strictObject({ text, priority: Priority.optional(), key }),
  ),
  read_message: tool(
    'all',
    'Gives the whole text of a message that you got or sent, in pieces of up to 32 KiB: for a message that shows only its beginning.',
    z.strictObject({
      id: z.string().min(1).max(40),
      offset: z.int().min(0).optional().describe('Where to go on, as the piece before said; 0 without it.'),
    }),
  ),
  task_create: tool(
    'all',
    'Adds a task to the shared list. A task names one result that one agent can reach by itself and says how to tell that it is reached.',
    z.strictObject({
      subject: z.string().min(1).max(200),
      description: z
        .string()
        .min(1)
        .max(16 * 1024),
      depends_on: z.array(taskId).max(100).optional().describe('Tasks that must be completed first.'),
      owner: agentName.optional().describe('Reserves it for one agent; without it, anybody may claim it.'),
      needs: z
        .array(TaskNeed)
        .max(2)
        .optional()
        .describe(
          'evidence: completed only with a command and exit code 0, or an artifact; review: by another agent.',
        ),
      key,
    }),
  ),
  task_list: tool(
    'all',
    'Lists the tasks of the team, all or by state or owner.',
    z.strictObject({ state: TaskState.optional(), owner: agentName.optional() }),
  ),
  task_get: tool('all', 'Shows one task with its history.', z.strictObject({ id: taskId })),
  task_claim: tool(
    'all',
    'Claims a task for you: the one with this id, or the next open one. Exactly one agent wins; only the winner works on it.',
    z.strictObject({ id: taskId.optional() }),
  ),
  task_update: tool(
    'all',
    'Moves a task that you have claimed to another state: completed with its result, failed with the reason, review, or pending to give it back.',
    z.strictObject({
      id: taskId,
      state: TaskState,
      result: z
        .string()
        .max(16 * 1024)
        .optional()
        .describe('What was reached, or why it failed.'),
      evidence: Evidence.optional().describe(
        'How one can see that: a sentence, or command and exitCode, or artifact (a path).',
      ),
      owner: agentName
        .optional()
        .describe('With pending: whom to give it to. Only the lead gives away the tasks of others.'),
    }),
  ),
  ask_user: tool(
    'all',
    'Asks the user a question that nobody in the team can answer. It does not wait: go on with what does not depend on it, or end your turn; the answer comes as a message of the user.',
    z.strictObject({
      question: z.string().min(1).max(2000),
      options: z.array(z.string().min(1).max(200)).max(10).optional().describe('Answers to choose from.'),
    }),
  ),
  request_access: tool(
    'all',
    'Asks the user for a folder of the host or a network host that you do not have. It does not wait: go on with other work, you are told by message when the user has answered. A folder then appears under /grants for the whole team.',
    z.strictObject({
      kind: z.enum(['folder', 'host']),
      target: z
        .string()
        .min(1)
        .max(1000)
        .describe('A folder as the user knows it, PATH[:ro|rw|keep|review] (default ro), or HOST[:PORT].'),
      why: z.string().min(1).max(2000).describe('What for; the user reads this.'),
    }),
  ),
  web_fetch: tool(
    'all',
    'Fetches a page of the web as readable text, with its links, from a host that is allowed. Long pages come in parts. For files use a program such as curl.',
    z.strictObject({
      url: z.string().min(1).max(4000),
      offset: z.int().min(0).optional().describe('Where to go on, as the part before said; 0 without it.'),
    }),
  ),
  memory: tool(
    'all',
    'Your memory over sessions: notes in Markdown that the user and agents of later teams read, /memories/user/NAME.md (of the user, for all jobs) and /memories/project/NAME.md (of this project). Look there when something may be known already; note what will be of use next time and is not in the files themselves: how things are done here, what the user wants, what went wrong and why. Nothing of this job alone, no keys, no passwords. Commands: view (a note, or /memories), search, create, str_replace, insert, delete, rename.',
    z.strictObject({
      command: z.enum(['view', 'search', 'create', 'str_replace', 'insert', 'delete', 'rename']),
      path: z.string().max(200).optional(),
      view_range: z
        .array(z.int())
        .length(2)
        .optional()
        .describe('view: first and last line, from 1; -1 is the end.'),
      query: z.string().min(1).max(500).optional().describe('search: words, found by their beginnings.'),
      file_text: z
        .string()
        .max(32 * 1024)
        .optional()
        .describe('create: the whole text; its first line is its title.'),
      old_str: z
        .string()
        .min(1)
        .max(32 * 1024)
        .optional(),
      new_str: z
        .string()
        .max(32 * 1024)
        .optional(),
      insert_line: z.int().min(0).optional().describe('insert: after this line; 0 is the top.'),
      insert_text: z
        .string()
        .max(32 * 1024)
        .optional(),
      old_path: z.string().max(200).optional(),
      new_path: z.string().max(200).optional(),
    }),
  ),
  spawn_teammate: tool(
    'lead',
    'Starts one more teammate in a micro-VM of its own. It knows only what its prompt and its messages say.',
    z.strictObject({
      name: agentName,
      role: z.string().min(1).max(200),
      prompt: z
        .string()
        .min(1)
        .max(16 * 1024),
      model: z.string().max(100).optional(),
      tools: z
        .array(z.string().min(1).max(100))
        .min(1)
        .max(50)
        .optional()
        .describe(
          'With which of bash, read, write, edit, glob, grep, web_fetch, run_subagent, present it may act; all without it. Without bash, write and edit its folders are read-only. Mail and tasks it always has.',
        ),
      agent: z
        .string()
        .min(1)
        .max(63)
        .optional()
        .describe('A kind of agent from a file: its prompt comes first, its tools are a limit.'),
      require_plan: z
        .boolean()
        .optional()
        .describe('It changes nothing before you have approved its plan with review_plan.'),
      effort: z.enum(EFFORTS).optional().describe('How much effort its model puts into replies.'),
      thinking: z.enum(THINKING).optional().describe('Whether its model thinks before it speaks.'),
      budget: z.number().positive().optional().describe('Most that it may cost, in USD.'),
      key,
    }),
  ),
  submit_plan: tool(
    'teammate',
    'Submits your plan to the lead, when you need one approved before you may change anything. Then end your turn; the decision comes as a message.',
    z.strictObject({
      plan: z
        .string()
        .min(1)
        .max(16 * 1024),
    }),
  ),
  review_plan: tool(
    'lead',
    'Decides on a plan that a teammate has submitted. Say in feedback what must change when you do not approve it.',
    z.strictObject({ name: agentName, approve: z.boolean(), feedback: z.string().max(8000).optional() }),
  ),
  stop_teammate: tool(
    'lead',
    'Stops a teammate for good. Its open task comes back to the list.',
    z.strictObject({ name: agentName, reason: z.string().min(1).max(2000) }),
  ),
  finish_job: tool(
    'lead',
    'Ends the job with a summary for the user: what was done, by whom, what is left. Refused while tasks are open, unless force is true.',
    z.strictObject({
      summary: z
        .string()
        .min(1)
        .max(16 * 1024),
      force: z.boolean().optional(),
    }),
  ),
} as const;

export type TeamToolName = keyof typeof TEAM_TOOLS;
export type TeamToolInput<Name extends TeamToolName> = z.infer<(typeof TEAM_TOOLS)[Name]['input']>;

export type MemoryInput = TeamToolInput<'memory'>;

/** The tools that an agent of `role` is offered. */
export function toolsFor(role: 'lead' | 'teammate'): TeamToolName[] {
  // Object.keys of a const table yields exactly its keys.
  const names = Object.keys(TEAM_TOOLS) as TeamToolName[];
  return names.filter((name) => TEAM_TOOLS[name].audience === 'all' || TEAM_TOOLS[name].audience === role);
}
