import { LAUNCH_OPTIONS } from './launch-options.ts';
import type { Command } from './shared.ts';

/** A run has a team, and nobody at its terminal. */
const { team: _team, detach: _detach, record: _record, join: _join, ...SCHEDULED_OPTIONS } = LAUNCH_OPTIONS;

/** What starts a team. */
export const START_COMMANDS: Command[] = [
  {
    name: 'launch',
    describe: 'Start a team on a job',
    positionals: [{ name: 'job', describe: 'What is to be done', optional: true }],
    options: LAUNCH_OPTIONS,
    load: () => import('../commands/launch.ts'),
  },
  {
    name: 'schedule',
    describe: 'Launch a team on a job again and again',
    positionals: [
      { name: 'action', describe: 'add, list, remove, runs or start', optional: true },
      { name: 'what', describe: 'add: when ("every weekday 8:00"); remove, runs: which one', optional: true },
      { name: 'job', describe: 'add: what is to be done', optional: true },
    ],
    options: {
      name: { type: 'string', requiresArg: true, describe: 'Name of the new schedule (default: of the job)' },
      'time-zone': {
        type: 'string',
        requiresArg: true,
        describe: "Whose clock counts, as Europe/Berlin (default: this machine's)",
      },
      overlap: {
        choices: ['skip', 'queue', 'parallel'] as const,
        requiresArg: true,
        default: 'skip',
        describe: 'When the run before has not ended: leave this one out, wait, or begin beside it',
      },
      'catch-up': {
        choices: ['once', 'never'] as const,
        requiresArg: true,
        default: 'once',
        describe: 'What was due while nobody minded it: make up for it once, or leave it out',
      },
      ...SCHEDULED_OPTIONS,
    },
    load: () => import('../commands/schedule.ts'),
  },
];
