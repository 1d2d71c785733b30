import type { Options } from 'yargs';
import { EFFORTS, GRANT_MODES } from '../protocol/team.ts';
import type { CommandModule } from './command.ts';

/** A word of the command line that is not a flag. */
interface Positional {
  name: string;
  describe: string;
  /** `[NAME]` instead of `NAME`. */
  optional?: boolean;
}

interface Command {
  name: string;
  describe: string;
  positionals?: Positional[];
  options?: Record<string, Options>;
  load: () => Promise<CommandModule>;
}

const json: Options = { type: 'boolean', describe: 'Print JSON' };
const team: Options = {
  type: 'string',
  alias: 't',
  requiresArg: true,
  describe: 'Name of the team (default: the only running one, else the latest)',
};
const limits: Record<string, Options> = {
  budget: {
    type: 'number',
    requiresArg: true,
    describe: 'Most that the team may cost, in USD; then it pauses',
  },
  'max-turns': {
    type: 'number',
    requiresArg: true,
    describe: 'Most replies of the model per agent (default 500)',
  },
  'max-tokens': { type: 'number', requiresArg: true, describe: 'Most tokens of the team, in and out' },
  'max-minutes': { type: 'number', requiresArg: true, describe: 'Most minutes since the launch' },
  'max-messages': { type: 'number', requiresArg: true, describe: 'Most messages that agents send' },
};
const byAgent: Options = {
  type: 'string',
  requiresArg: true,
  describe: 'Only what this agent has changed, since it first did',
};
const priority: Options = {
  choices: ['note', 'steer', 'interrupt'] as const,
  default: 'steer',
  describe: 'note: at the end of the turn; steer: between two tool calls; interrupt: now',
};

/** Every command, declared once: parsing, help and completion come from here. */
export const COMMANDS: Command[] = [
  {
    name: 'launch',
    describe: 'Start a team on a job',
    positionals: [{ name: 'job', describe: 'What is to be done', optional: true }],
    options: {
      'job-file': { type: 'string', requiresArg: true, describe: 'Read the job from a file (- for stdin)' },
      team: { type: 'string', alias: 't', requiresArg: true, describe: 'Name of the new team' },
      teammates: { type: 'number', requiresArg: true, describe: 'How many teammates (default 3)' },
      teammate: {
        type: 'string',
        array: true,
        requiresArg: true,
        nargs: 1,
        describe: 'A teammate, NAME[:ROLE]; repeatable',
      },
      grant: {
        type: 'string',
        array: true,
        requiresArg: true,
        nargs: 1,
        describe: 'A folder the team may use, PATH[:ro|rw|keep]; repeatable',
      },
      'allow-host': {
        type: 'string',
        array: true,
        requiresArg: true,
        nargs: 1,
        describe: 'A host that programs may reach, HOST[:PORT] or *.SUFFIX[:PORT]; repeatable',
      },
      model: {
        type: 'string',
        requiresArg: true,
        describe: 'Model of the teammates (default: COWORK_MODEL, else claude-sonnet-5-5)',
      },
      'lead-model': {
        type: 'string',
        requiresArg: true,
        describe: 'Model of the lead (default: --model or COWORK_MODEL, else claude-opus-5-5)',
      },
      plugin: {
        type: 'string',
        array: true,
        requiresArg: true,
        nargs: 1,
        describe: 'A plugin that the team has beside your own, NAME[@MARKETPLACE] or a source; repeatable',
      },
      'require-plan': {
        type: 'boolean',
        describe: 'No teammate changes anything before the lead has approved its plan',
      },
      delegate: {
        type: 'boolean',
        describe: 'The lead plans and checks only: it has no shell and can change no file',
      },
      effort: { choices: EFFORTS, describe: 'How much effort models put into replies (default: their own)' },
      thinking: {
        choices: ['adaptive', 'off'] as const,
        describe: 'Whether models think before they speak (default: as they do by themselves)',
      },
      'max-output': {
        type: 'number',
        requiresArg: true,
        describe: 'Most tokens of one reply (default 32000)',
      },
      ...limits,
      require: {
        choices: ['evidence', 'review'] as const,
        array: true,
        requiresArg: true,
        nargs: 1,
        describe: 'What each task asks for before it is completed; repeatable',
      },
      store: {
        type: 'string',
        requiresArg: true,
        describe: 'Server that keeps mail and tasks, nats://HOST:PORT (default: files)',
      },
      join: {
        type: 'boolean',
        describe: 'Add teammates on this host to the team on --store that another host has launched',
      },
      limit: {
        type: 'string',
        array: true,
        requiresArg: true,
        nargs: 1,
        describe:
          'What each agent may use: NAME=NUMBER of memory, disk, processes, nice, silence; repeatable',
      },
      sandbox: {
        choices: ['vm', 'none'] as const,
        describe: 'Where agents run (default: COWORK_SANDBOX, else vm)',
      },
      rehearsal: {
        type: 'string',
        requiresArg: true,
        describe: 'Let a script or a recording play the models; needs no key',
      },
      record: {
        type: 'string',
        requiresArg: true,
        describe: 'Record what the models are asked and say to a new file, without secrets',
      },
      detach: { type: 'boolean', alias: 'd', describe: "Do not attach to the lead's terminal" },
      json,
    },
    load: () => import('./commands/launch.ts'),
  },
  { name: 'teams', describe: 'List all teams', options: { json }, load: () => import('./commands/teams.ts') },
  {
    name: 'status',
    describe: 'Show one team: agents, tasks, tokens, money, alerts',
    options: { team, json },
    load: () => import('./commands/status.ts'),
  },
  {
    name: 'wait',
    describe: 'Wait until the team is done',
    options: {
      team,
      timeout: { type: 'number', requiresArg: true, describe: 'Give up after so many seconds' },
      json,
    },
    load: () => import('./commands/wait.ts'),
  },
  {
    name: 'attach',
    describe: "Show an agent's terminal and type to it",
    positionals: [{ name: 'agent', describe: 'Which agent (default: lead)', optional: true }],
    options: { team, 'read-only': { type: 'boolean', describe: 'Watch without typing' } },
    load: () => import('./commands/attach.ts'),
  },
  {
    name: 'panes',
    describe: 'Show all agents at once in one terminal',
    options: {
      team,
      tmux: { type: 'boolean', describe: 'In windows of tmux instead, each attached to an agent' },
    },
    load: () => import('./commands/panes.ts'),
  },
  {
    name: 'replay',
    describe: "Play the recording of an agent's terminal",
    positionals: [{ name: 'agent', describe: 'Which agent' }],
    options: {
      team,
      speed: { type: 'number', requiresArg: true, default: 1, describe: 'How many times faster' },
      at: {
        type: 'string',
        requiresArg: true,
        describe: 'Begin at this time of the recording: 90, 1:30 or 1:02:03',
      },
      message: {
        type: 'string',
        requiresArg: true,
        describe: 'Begin at the message with this id or these words',
      },
    },
    load: () => import('./commands/replay.ts'),
  },
  {
    name: 'logs',
    describe: "Show the log of an agent's keeper",
    positionals: [{ name: 'agent', describe: 'Which agent (default: lead)', optional: true }],
    options: {
      team,
      follow: { type: 'boolean', alias: 'f', describe: 'Go on as it grows' },
      json,
    },
    load: () => import('./commands/logs.ts'),
  },
  {
    name: 'send',
    describe: 'Send a message to one agent',
    positionals: [
      { name: 'agent', describe: 'To whom' },
      { name: 'text', describe: 'What to say (- for stdin)' },
    ],
    options: {
      team,
      priority,
      'reply-to': { type: 'string', requiresArg: true, describe: 'Id of the message that this one answers' },
      key: { type: 'string', requiresArg: true, describe: 'A repeat with the same key is sent once' },
      wait: {
        choices: ['delivered', 'seen', 'acked'] as const,
        requiresArg: true,
        describe: 'Wait until it has come so far',
      },
      timeout: {
        type: 'number',
        requiresArg: true,
        default: 60,
        describe: '--wait: give up after so many seconds',
      },
      json,
    },
    load: () => import('./commands/send.ts'),
  },
  {
    name: 'broadcast',
    describe: 'Send a message to all agents',
    positionals: [{ name: 'text', describe: 'What to say' }],
    options: { team, priority, json },
    load: () => import('./commands/broadcast.ts'),
  },
  {
    name: 'mail',
    describe: 'Show the mailbox log, or all that happened; changes nothing',
    options: {
      team,
      agent: { type: 'string', requiresArg: true, describe: 'Only the mailbox of this agent (or user)' },
      from: { type: 'string', requiresArg: true, describe: 'Only mail from this sender' },
      kind: {
        choices: ['message', 'report', 'notice'] as const,
        requiresArg: true,
        describe: 'Only messages, reports of the runtime, or notices',
      },
      thread: {
        type: 'string',
        requiresArg: true,
        describe: 'Only what this message answers, and what answers it',
      },
      message: {
        type: 'string',
        requiresArg: true,
        describe: 'Only the message with this id, its whole text',
      },
      last: { type: 'number', requiresArg: true, describe: 'Only so many, the newest' },
      grep: {
        type: 'string',
        requiresArg: true,
        describe: 'Only mail whose text matches this regular expression',
      },
      since: {
        type: 'string',
        requiresArg: true,
        describe: 'Only mail since this time (ISO 8601) or so long ago (10m, 2h)',
      },
      follow: { type: 'boolean', alias: 'f', describe: 'Go on as mail comes' },
      timeline: {
        type: 'boolean',
        describe: 'With what happened besides: claims, results, deaths, approvals, alerts',
      },
      json,
    },
    load: () => import('./commands/mail.ts'),
  },
  {
    name: 'tasks',
    describe: 'Show or change the task list',
    positionals: [
      { name: 'action', describe: 'show, add, edit, release or cancel', optional: true },
      { name: 'what', describe: 'ID of a task, or the subject of a new one', optional: true },
    ],
    options: {
      team,
      subject: { type: 'string', requiresArg: true, describe: 'edit: the new subject' },
      description: { type: 'string', requiresArg: true, describe: 'add, edit: what exactly is to be done' },
      'depends-on': {
        type: 'string',
        array: true,
        requiresArg: true,
        nargs: 1,
        describe: 'add, edit: id of a task that must be completed first; repeatable',
      },
      owner: { type: 'string', requiresArg: true, describe: 'add, edit, release: reserve it for this agent' },
      needs: {
        choices: ['evidence', 'review'] as const,
        array: true,
        requiresArg: true,
        nargs: 1,
        describe: 'add, edit: what it asks for before it is completed; repeatable',
      },
      only: { type: 'boolean', describe: 'cancel: leave what depends on it; it stays blocked' },
      reason: { type: 'string', requiresArg: true, describe: 'release, cancel: why' },
      json,
    },
    load: () => import('./commands/tasks.ts'),
  },
  {
    name: 'diff',
    describe: 'Show what agents have changed in granted folders',
    positionals: [{ name: 'path', describe: 'Only this file or folder', optional: true }],
    options: { team, agent: byAgent, json },
    load: () => import('./commands/diff.ts'),
  },
  {
    name: 'apply',
    describe: 'Put what agents have done in folders granted for review into these folders',
    positionals: [{ name: 'path', describe: 'Only this file or folder', optional: true }],
    options: {
      team,
      agent: byAgent,
      force: {
        type: 'boolean',
        describe: 'Also over what others have changed since; what stands there is kept',
      },
      json,
    },
    load: () => import('./commands/apply.ts'),
  },
  {
    name: 'undo',
    describe: 'Put granted folders back to what they were, whole or by path',
    positionals: [{ name: 'path', describe: 'Only this file or folder', optional: true }],
    options: {
      team,
      agent: byAgent,
      force: { type: 'boolean', describe: 'Also what others have changed since; what stands there is kept' },
      json,
    },
    load: () => import('./commands/undo.ts'),
  },
  {
    name: 'approvals',
    describe: 'Show what agents ask for, and answer',
    positionals: [
      { name: 'action', describe: 'allow or deny', optional: true },
      { name: 'id', describe: 'Which request', optional: true },
    ],
    options: {
      team,
      all: { type: 'boolean', describe: 'Also what is answered' },
      mode: {
        choices: GRANT_MODES,
        describe: 'allow: what may be done with a folder (default: what was asked for)',
      },
      note: { type: 'string', requiresArg: true, describe: 'allow, deny: a word to the agent' },
      json,
    },
    load: () => import('./commands/approvals.ts'),
  },
  {
    name: 'spawn',
    describe: 'Add a teammate to a running team',
    positionals: [{ name: 'name', describe: 'Its name' }],
    options: {
      team,
      role: {
        type: 'string',
        requiresArg: true,
        default: 'teammate',
        describe: 'What it is in the team, in a few words',
      },
      prompt: { type: 'string', requiresArg: true, default: '', describe: 'What it should know' },
      model: { type: 'string', requiresArg: true, describe: 'Its model' },
      tools: {
        type: 'string',
        array: true,
        requiresArg: true,
        nargs: 1,
        describe:
          'A tool with which it may act; repeatable (default: all). Without bash, write and edit it only reads',
      },
      agent: {
        type: 'string',
        requiresArg: true,
        describe: 'A kind of agent from a file, as run_subagent knows them',
      },
      'require-plan': {
        type: 'boolean',
        describe: 'It changes nothing before the lead has approved its plan',
      },
      budget: { type: 'number', requiresArg: true, describe: 'Most that it may cost, in USD' },
      json,
    },
    load: () => import('./commands/spawn.ts'),
  },
  {
    name: 'stop',
    describe: 'Stop one agent, or the whole team',
    positionals: [{ name: 'agent', describe: 'Which agent; without it, the team', optional: true }],
    options: { team, json },
    load: () => import('./commands/stop.ts'),
  },
  {
    name: 'artifacts',
    describe: 'What the agents have presented',
    positionals: [
      { name: 'action', describe: 'open', optional: true },
      {
        name: 'id',
        describe: 'open: which one; prints where it is, and shows it on a desktop',
        optional: true,
      },
    ],
    options: { team, json },
    load: () => import('./commands/artifacts.ts'),
  },
  {
    name: 'resume',
    describe: 'Bring back a team that was stopped, has failed or was killed; raise limits at which it paused',
    positionals: [{ name: 'agent', describe: '--budget is for this agent alone', optional: true }],
    options: {
      team,
      ...limits,
      detach: { type: 'boolean', alias: 'd', describe: "Do not attach to the lead's terminal" },
      json,
    },
    load: () => import('./commands/resume.ts'),
  },
  {
    name: 'remove',
    describe: 'Delete a stopped team with all its files',
    options: { team, json },
    load: () => import('./commands/remove.ts'),
  },
  {
    name: 'plugin',
    describe: 'Install, show and check plugins, and the marketplaces that list them',
    positionals: [
      { name: 'action', describe: 'add, list, remove, update, validate or marketplace', optional: true },
      { name: 'what', describe: 'A name, NAME@MARKETPLACE, owner/repo, address or path', optional: true },
      { name: 'which', describe: 'marketplace add, remove, update: the source or the name', optional: true },
    ],
    options: {
      scope: { choices: ['user', 'project', 'team'] as const, describe: 'For whom (default: user)' },
      team: { type: 'string', alias: 't', requiresArg: true, describe: 'Which team, for --scope team' },
      yes: { type: 'boolean', alias: 'y', describe: 'add, update: agree to what the plugin would run' },
      'run-source': {
        type: 'boolean',
        describe: 'add, update: run a program that a marketplace names as the source, on this host',
      },
      json,
    },
    load: () => import('./commands/plugin.ts'),
  },
  {
    name: 'hooks',
    describe: 'Show the hooks of plugins that a team has: which are armed, and how each ended the last time',
    options: { team, json },
    load: () => import('./commands/hooks.ts'),
  },
  {
    name: 'image',
    describe: 'Build, list or prune guest images and templates of booted machines',
    positionals: [{ name: 'action', describe: 'build, list or prune', optional: true }],
    options: { force: { type: 'boolean', describe: 'build: also when it is there' }, json },
    load: () => import('./commands/image.ts'),
  },
  {
    name: 'doctor',
    describe: 'Check what works on this machine, and say what to do',
    options: { json },
    load: () => import('./commands/doctor.ts'),
  },
];
