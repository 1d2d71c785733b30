import { CHANGE_COMMANDS } from './table/change.ts';
import { LIFE_COMMANDS } from './table/life.ts';
import { MACHINE_COMMANDS } from './table/machine.ts';
import { PAST_COMMANDS } from './table/past.ts';
import type { Command } from './table/shared.ts';
import { START_COMMANDS } from './table/start.ts';
import { TALK_COMMANDS } from './table/talk.ts';
import { WATCH_COMMANDS } from './table/watch.ts';

/** Every command, declared once: parsing, help and completion come from here. */
export const COMMANDS: Command[] = [
  ...START_COMMANDS,
  ...WATCH_COMMANDS,
  ...TALK_COMMANDS,
  ...CHANGE_COMMANDS,
  ...LIFE_COMMANDS,
  ...PAST_COMMANDS,
  ...MACHINE_COMMANDS,
];
