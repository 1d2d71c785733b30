import { byAgent, type Command, json, team } from './shared.ts';

/** What agents have changed. */
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
];
