import { type Command, json, team } from './shared.ts';

/** What stays when a team is over. */
export const PAST_COMMANDS: Command[] = [
  {
    name: 'memory',
    describe: 'Show or change what is remembered for you and for a project',
    positionals: [
      {
        name: 'action',
        describe: 'list (default), show, search, edit, allow, move, forget or export',
        optional: true,
      },
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
      revision: {
        type: 'string',
        requiresArg: true,
        describe: 'allow: only if the note is still this revision, as --json shows it',
      },
      json,
    },
    load: () => import('../commands/memory.ts'),
  },
  {
    name: 'export',
    describe: 'Write a team that has ended to one archive',
    positionals: [{ name: 'team', describe: 'Which team' }],
    options: {
      to: { type: 'string', requiresArg: true, describe: 'The file (default: TEAM.cowork.tar.gz here)' },
      json,
    },
    load: () => import('../commands/export.ts'),
  },
  {
    name: 'import',
    describe: 'Make a team of an archive: to look at, and to go on with, without what it was granted',
    positionals: [{ name: 'file', describe: 'The archive' }],
    options: {
      team: { type: 'string', alias: 't', requiresArg: true, describe: 'Its name here (default: as it was)' },
      'max-mib': { type: 'number', requiresArg: true, describe: 'Most that it may unpack to (default 4096)' },
      json,
    },
    load: () => import('../commands/import.ts'),
  },
  {
    name: 'clean',
    describe: 'Show how large teams are; remove old recordings and logs, and images that nobody uses',
    options: {
      'older-than': { type: 'number', requiresArg: true, describe: 'What is older than so many days' },
      over: {
        type: 'number',
        requiresArg: true,
        describe: 'The oldest, until all of it together is not over so many MiB',
      },
      transcripts: {
        type: 'boolean',
        describe: '--older-than: also transcripts, without which agents can not go on',
      },
      yes: { type: 'boolean', alias: 'y', describe: 'Remove it; without this it is only shown' },
      json,
    },
    load: () => import('../commands/clean.ts'),
  },
  {
    name: 'report',
    describe:
      'Make the report of a team: one HTML file with summary, tasks, timeline, changes, cost, artifacts',
    options: {
      team,
      out: { type: 'string', requiresArg: true, describe: 'Where to (- for stdout; default: with the team)' },
      json,
    },
    load: () => import('../commands/report.ts'),
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
  {
    name: 'artifacts',
    describe: 'What the agents have presented',
    positionals: [
      { name: 'action', describe: 'list (default) or open', optional: true },
      {
        name: 'id',
        describe: 'open: which one; prints where it is, and shows it on a desktop',
        optional: true,
      },
    ],
    options: { team, json },
    load: () => import('../commands/artifacts.ts'),
  },
];
