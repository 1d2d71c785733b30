import { GRANT_MODES } from '../../protocol/team.ts';
import { byAgent, type Command, json, team } from './shared.ts';

/** What agents change and ask for. */
export const CHANGE_COMMANDS: Command[] = [
  {
    name: 'diff',
    describe: 'Show what agents have changed in granted folders',
    positionals: [{ name: 'path', describe: 'Only this file or folder', optional: true }],
    options: { team, agent: byAgent, json },
    load: () => import('../commands/diff.ts'),
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
    load: () => import('../commands/apply.ts'),
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
    load: () => import('../commands/undo.ts'),
  },
  {
    name: 'approvals',
    describe: 'Show what waits for you, and answer',
    positionals: [
      { name: 'action', describe: 'allow or deny', optional: true },
      { name: 'id', describe: 'Which request', optional: true },
    ],
    options: {
      team,
      all: { type: 'boolean', describe: 'Also what is answered: by whom, where and when' },
      'every-team': { type: 'boolean', describe: 'Of all teams' },
      mode: {
        choices: GRANT_MODES,
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
