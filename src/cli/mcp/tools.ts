import { z } from 'zod';

/** A command of cowork as a tool for programs: what it takes, and the command line that it becomes. */
export interface CommandTool {
  name: string;
  description: string;
  /** Whether it only looks. */
  isLook: boolean;
  input: z.ZodObject;
  words: (input: never) => string[];
  /** Whether its output is one JSON object a line. */
  hasLines?: boolean;
}

const team = z
  .string()
  .max(63)
  .optional()
  .describe('The team; without it the only running one, else the latest.');
const agent = z.string().max(63);
const priority = z.enum(['note', 'steer', 'interrupt']).optional();
const message = z.string().min(1).max(524_288);

/** Flags with values that are there; `=` keeps a value that begins with a dash from being one. */
const flags = (of: Record<string, string | number | boolean | undefined>): string[] =>
  Object.entries(of).flatMap(([name, value]) =>
    value === undefined || value === false ? [] : [value === true ? `--${name}` : `--${name}=${value}`],
  );
const repeated = (name: string, values: readonly string[] = []): string[] =>
  values.map((value) => `--${name}=${value}`);

function tool<Shape extends z.ZodRawShape>(
  name: string,
  description: string,
  shape: Shape,
  words: (input: z.infer<z.ZodObject<Shape>>) => string[],
  more: { isLook?: boolean; hasLines?: boolean } = {},
): CommandTool {
  // Only called with what the schema has parsed.
  return {
    name,
    description,
    input: z.object(shape),
    words: words as CommandTool['words'],
    isLook: false,
    ...more,
  };
}

const look = { isLook: true };

/** What any MCP client can do with teams; each is a command, with all its checks. */
export const COMMAND_TOOLS: readonly CommandTool[] = [
  tool('list_teams', 'Lists all teams with their states.', {}, () => ['teams'], look),
  tool(
    'launch_team',
    'Starts a team of AI agents on a large job, each in a virtual machine of its own, and returns when all are ready. Then use wait_for_team and read_mail.',
    {
      job: z.string().min(1).max(262_144).describe('All that the team has to know.'),
      team: z.string().max(63).optional().describe('Name of the new team.'),
      teammates: z.int().min(0).max(64).optional().describe('How many beside the lead; 3 without it.'),
      roles: z.array(z.string().max(200)).max(64).optional().describe('Or each one as NAME or NAME:ROLE.'),
      grants: z
        .array(z.string().max(4_096))
        .max(50)
        .optional()
        .describe('Folders that the team may use, PATH[:ro|rw|keep|review].'),
      allow_hosts: z
        .array(z.string().max(300))
        .max(100)
        .optional()
        .describe('Hosts that its programs may reach.'),
      plugins: z.array(z.string().max(1_000)).max(50).optional(),
      model: z.string().max(100).optional(),
      budget_usd: z.number().positive().optional(),
      require_plan: z.boolean().optional(),
      sandbox: z.enum(['vm', 'none']).optional(),
      rehearsal: z.string().max(4_096).optional().describe('A script that plays the models; needs no key.'),
    },
    (input) => [
      ...['launch', '--detach'],
      ...flags({
        team: input.team,
        teammates: input.teammates,
        model: input.model,
        budget: input.budget_usd,
      }),
      ...flags({ 'require-plan': input.require_plan, sandbox: input.sandbox, rehearsal: input.rehearsal }),
      ...repeated('teammate', input.roles),
      ...repeated('grant', input.grants),
      ...repeated('allow-host', input.allow_hosts),
      ...repeated('plugin', input.plugins),
      ...['--', input.job],
    ],
  ),
  tool(
    'team_status',
    'Shows a team: agents with states and reasons, tasks, tokens, money, alerts.',
    { team },
    (input) => ['status', ...flags({ team: input.team })],
    look,
  ),
  tool(
    'wait_for_team',
    'Waits until a team is done, and shows it. A time that is over is an error; call again.',
    { team, timeout_seconds: z.int().min(1).max(3_600).optional() },
    (input) => ['wait', ...flags({ team: input.team, timeout: input.timeout_seconds ?? 50 })],
    look,
  ),
  tool(
    'list_tasks',
    'Lists the tasks of a team.',
    { team },
    (input) => ['tasks', ...flags({ team: input.team })],
    look,
  ),
  tool(
    'show_task',
    'Shows one task with its history.',
    { team, id: z.string().max(20) },
    (input) => ['tasks', ...flags({ team: input.team }), '--', 'show', input.id],
    look,
  ),
  tool(
    'add_task',
    'Adds a task to the list of a team.',
    {
      team,
      subject: z.string().min(1).max(200),
      description: z.string().max(16_384).optional(),
      owner: agent.optional(),
    },
    (input) => [
      'tasks',
      ...flags({ team: input.team, description: input.description, owner: input.owner }),
      ...['--', 'add', input.subject],
    ],
  ),
  tool(
    'read_mail',
    'Reads the mailbox log of a team; changes nothing.',
    { team, agent: agent.optional(), from: agent.optional(), since: z.string().max(40).optional() },
    (input) => [
      'mail',
      ...flags({ team: input.team, agent: input.agent, from: input.from, since: input.since }),
    ],
    { isLook: true, hasLines: true },
  ),
  tool(
    'send_message',
    'Sends a message of the user to an agent.',
    { team, to: agent, text: message, priority },
    (input) => ['send', ...flags({ team: input.team, priority: input.priority }), '--', input.to, input.text],
  ),
  tool(
    'broadcast',
    'Sends a message of the user to all agents of a team.',
    { team, text: message, priority },
    (input) => ['broadcast', ...flags({ team: input.team, priority: input.priority }), '--', input.text],
  ),
  tool(
    'list_approvals',
    'Lists what agents ask the user for. Only the user answers, at their terminal: cowork approvals allow ID.',
    { team },
    (input) => ['approvals', ...flags({ team: input.team })],
    look,
  ),
  tool(
    'list_artifacts',
    'Lists what the agents of a team have presented, with the paths of the files.',
    { team },
    (input) => ['artifacts', ...flags({ team: input.team })],
    look,
  ),
  tool(
    'show_changes',
    'Shows what agents have changed in the granted folders since the start.',
    { team },
    (input) => ['diff', ...flags({ team: input.team })],
    look,
  ),
  tool('spawn_teammate', 'Starts one more teammate.', { team, name: agent }, (input) => [
    'spawn',
    ...flags({ team: input.team }),
    '--',
    input.name,
  ]),
  tool(
    'stop_team',
    'Stops a team, or one agent of it; all that they did is kept.',
    { team, agent: agent.optional() },
    (input) => [
      'stop',
      ...flags({ team: input.team }),
      ...(input.agent === undefined ? [] : ['--', input.agent]),
    ],
  ),
];
