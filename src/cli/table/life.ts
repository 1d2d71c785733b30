import type { Options } from 'yargs';
import { EFFORTS, THINKING } from '../../protocol/team.ts';
import { type Command, json, limits, team } from './shared.ts';

const from: Options = {
  type: 'string',
  requiresArg: true,
  describe: 'Begin a new team after this turn of the lead, or AGENT:TURN; the old one is left as it is',
};

/** How a team lives on and ends. */
export const LIFE_COMMANDS: Command[] = [
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
      effort: {
        choices: EFFORTS,
        requiresArg: true,
        describe: 'How much effort its model puts into replies',
      },
      thinking: {
        choices: THINKING,
        requiresArg: true,
        describe: 'Whether its model thinks before it speaks',
      },
      'require-plan': {
        type: 'boolean',
        describe: 'It changes nothing before the lead has approved its plan',
      },
      budget: { type: 'number', requiresArg: true, describe: 'Most that it may cost, in USD' },
      json,
    },
    load: () => import('../commands/spawn.ts'),
  },
  {
    name: 'stop',
    describe: 'Stop one agent, or the whole team',
    positionals: [{ name: 'agent', describe: 'Which agent; without it, the team', optional: true }],
    options: { team, json },
    load: () => import('../commands/stop.ts'),
  },
  {
    name: 'resume',
    describe: 'Bring back a team that was stopped, has failed or was killed; raise limits at which it paused',
    positionals: [{ name: 'agent', describe: '--budget is for this agent alone', optional: true }],
    options: {
      team,
      from,
      ...limits,
      detach: { type: 'boolean', alias: 'd', describe: "Do not attach to the lead's terminal" },
      json,
    },
    load: () => import('../commands/resume.ts'),
  },
  {
    name: 'fork',
    describe: 'Begin a new team as another one is, or was after a turn; that one is left as it is',
    positionals: [{ name: 'name', describe: 'Name of the new team (default: TEAM-fork)', optional: true }],
    options: {
      team,
      from,
      list: { type: 'boolean', describe: 'Show the turns that it can begin at' },
      agent: { type: 'string', requiresArg: true, describe: '--list: whose turns (default: the lead)' },
      ...limits,
      detach: { type: 'boolean', alias: 'd', describe: "Do not attach to the lead's terminal" },
      json,
    },
    load: () => import('../commands/fork.ts'),
  },
  {
    name: 'promote',
    describe:
      "Replace the lead by a teammate with its conversation, or by a fresh one with the team's record",
    positionals: [{ name: 'agent', describe: 'Which teammate', optional: true }],
    options: {
      team,
      fresh: {
        type: 'boolean',
        describe: 'A lead that remembers nothing and is given the record of the team',
      },
      json,
    },
    load: () => import('../commands/promote.ts'),
  },
  {
    name: 'remove',
    describe: 'Delete a stopped team with all its files, and show what goes',
    options: {
      team,
      'dry-run': { type: 'boolean', describe: 'Only show what would go' },
      yes: { type: 'boolean', alias: 'y', describe: 'Do not ask at a terminal' },
      json,
    },
    load: () => import('../commands/remove.ts'),
  },
];
