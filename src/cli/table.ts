import { CHANGE_COMMANDS } from './table/change.ts';
import { LIFE_COMMANDS } from './table/life.ts';
import { MACHINE_COMMANDS } from './table/machine.ts';
import { PAST_COMMANDS } from './table/past.ts';
import type { Command } from './table/shared.ts';
import { START_COMMANDS } from './table/start.ts';
import { TALK_COMMANDS } from './table/talk.ts';
import { WATCH_COMMANDS } from './table/watch.ts';

/** Every command, declared once: parsing, help and completion come from here. */
export const GROUPS: { title: string; commands: Command[] }[] = [
  { title: 'Begin', commands: START_COMMANDS },
  { title: 'Watch', commands: WATCH_COMMANDS },
  { title: 'Talk', commands: TALK_COMMANDS },
  { title: 'Files that agents have changed', commands: CHANGE_COMMANDS },
  { title: 'Life of a team', commands: LIFE_COMMANDS },
  { title: 'What is kept', commands: PAST_COMMANDS },
  { title: 'This machine, and what agents are given', commands: MACHINE_COMMANDS },
];

export const COMMANDS: Command[] = GROUPS.flatMap(({ commands }) => commands);
