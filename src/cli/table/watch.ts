import { type Command, json, team } from './shared.ts';

/** What shows a team, and its agents' terminals. */
export const WATCH_COMMANDS: Command[] = [
  {
    name: 'teams',
    describe: 'List all teams',
    options: { json },
    load: () => import('../commands/teams.ts'),
  },
  {
    name: 'status',
    describe: 'Show one team: agents, tasks, tokens, money, alerts',
    options: {
      team,
      figures: { type: 'boolean', describe: 'Tokens, money, processor and memory of each agent over time' },
      json,
    },
    load: () => import('../commands/status.ts'),
  },
  {
    name: 'wait',
    describe: 'Wait until the team is done',
    options: {
      team,
      timeout: { type: 'number', requiresArg: true, describe: 'Give up after so many seconds' },
      json,
    },
    load: () => import('../commands/wait.ts'),
  },
  {
    name: 'attach',
    describe: "Show an agent's terminal and type to it",
    positionals: [{ name: 'agent', describe: 'Which agent (default: lead)', optional: true }],
    options: { team, 'read-only': { type: 'boolean', describe: 'Watch without typing' } },
    load: () => import('../commands/attach.ts'),
  },
  {
    name: 'panes',
    describe: 'Show all agents at once in one terminal',
    options: {
      team,
      tmux: { type: 'boolean', describe: 'In windows of tmux instead, each attached to an agent' },
    },
    load: () => import('../commands/panes.ts'),
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
    load: () => import('../commands/replay.ts'),
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
    load: () => import('../commands/logs.ts'),
  },
  {
    name: 'web',
    describe: 'Show all teams in a browser on this machine',
    positionals: [
      { name: 'action', describe: 'token: tokens with which scripts use its API', optional: true },
      { name: 'what', describe: 'create, list or revoke', optional: true },
      { name: 'name', describe: 'create, revoke: which one', optional: true },
    ],
    options: {
      port: { type: 'number', requiresArg: true, describe: 'On this port (default: any that is free)' },
      host: {
        type: 'string',
        requiresArg: true,
        describe: 'Show it to the local network, at this address: with TLS and a passphrase',
      },
      'passphrase-file': {
        type: 'string',
        requiresArg: true,
        describe:
          'With --host: its first line is the passphrase from now on (default: the one that is kept, else asked for)',
      },
      'read-only': {
        type: 'boolean',
        describe: 'Give a link, or make a token, with which one can only look',
      },
      json,
    },
    load: () => import('../commands/web.ts'),
  },
];
