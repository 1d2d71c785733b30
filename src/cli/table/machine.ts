import { type Command, json, team } from './shared.ts';

/** What is installed, for all teams, and whether it works. */
export const MACHINE_COMMANDS: Command[] = [
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
    load: () => import('../commands/plugin.ts'),
  },
  {
    name: 'hooks',
    describe: 'Show the hooks of plugins that a team has: which are armed, and how each ended the last time',
    options: { team, json },
    load: () => import('../commands/hooks.ts'),
  },
  {
    name: 'image',
    describe: 'Build, list or prune guest images and templates of booted machines',
    positionals: [{ name: 'action', describe: 'build, list or prune', optional: true }],
    options: { force: { type: 'boolean', describe: 'build: also when it is there' }, json },
    load: () => import('../commands/image.ts'),
  },
  {
    name: 'doctor',
    describe: 'Check what works on this machine, and say what to do',
    options: { json },
    load: () => import('../commands/doctor.ts'),
  },
];
