import { GRANT_MODES } from '../../protocol/team.ts';
import { type Command, json, priority, team } from './shared.ts';

const key = {
  type: 'string',
  requiresArg: true,
  describe: 'A repeat with the same key is sent once',
} as const;

/** What is said in a team, and what is to be done. */
export const TALK_COMMANDS: Command[] = [
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
      key,
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
    load: () => import('../commands/send.ts'),
  },
  {
    name: 'broadcast',
    describe: 'Send a message to all agents',
    positionals: [{ name: 'text', describe: 'What to say (- for stdin)' }],
    options: { team, priority, key, json },
    load: () => import('../commands/broadcast.ts'),
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
    load: () => import('../commands/mail.ts'),
  },
  {
    name: 'tasks',
    describe: 'Show or change the task list',
    positionals: [
      { name: 'action', describe: 'list (default), show, add, edit, release or cancel', optional: true },
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
    load: () => import('../commands/tasks.ts'),
  },
  {
    name: 'approvals',
    describe: 'Show what waits for you, and answer',
    positionals: [
      { name: 'action', describe: 'list (default), allow or deny', optional: true },
      { name: 'id', describe: 'Which request', optional: true },
    ],
    options: {
      team,
      all: { type: 'boolean', describe: 'Also what is answered: by whom, where and when' },
      'every-team': { type: 'boolean', describe: 'Of all teams' },
      mode: {
        choices: GRANT_MODES,
        requiresArg: true,
        describe: 'allow: what may be done with a folder (default: what was asked for)',
      },
      limit: {
        type: 'number',
        requiresArg: true,
        describe: 'allow: to what a limit that is reached is raised (default: what is proposed)',
      },
      always: {
        type: 'boolean',
        describe: 'allow: a folder, host or connector for later teams of this project, too',
      },
      note: { type: 'string', requiresArg: true, describe: 'allow, deny: a word to the agent' },
      json,
    },
    load: () => import('../commands/approvals.ts'),
  },
];
