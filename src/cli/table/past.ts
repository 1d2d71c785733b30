import { type Command, json } from './shared.ts';

/** What stays when a team is over. */
export const PAST_COMMANDS: Command[] = [
  {
    name: 'memory',
    describe: 'Show or change what is remembered for you and for a project',
    positionals: [
      { name: 'action', describe: 'list (default), show, search, edit, forget or export', optional: true },
      {
        name: 'what',
        describe: 'user/NAME.md or project/NAME.md, or the words to search for',
        optional: true,
      },
    ],
    options: {
      project: {
        type: 'string',
        requiresArg: true,
        describe: 'Folder of the project (default: the nearest here or above that has .cowork/ or notes)',
      },
      text: {
        type: 'string',
        requiresArg: true,
        describe: 'edit: the new text (- for stdin), without an editor',
      },
      json,
    },
    load: () => import('../commands/memory.ts'),
  },
  {
    name: 'project',
    describe: 'Show what the project of this folder brings and is allowed; agree to it, or take all back',
    positionals: [
      { name: 'action', describe: 'show (default), allow or forget', optional: true },
      { name: 'checksum', describe: 'allow: only if it is still this', optional: true },
    ],
    options: { json },
    load: () => import('../commands/project.ts'),
  },
  {
    name: 'history',
    describe: 'Find past teams by what they were asked, did and said',
    positionals: [{ name: 'words', describe: 'What to look for; all words, by their beginnings' }],
    options: {
      last: { type: 'number', requiresArg: true, describe: 'At most so many teams (default 20)' },
      json,
    },
    load: () => import('../commands/history.ts'),
  },
];
