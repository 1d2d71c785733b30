import type { CommandModule } from '../command.ts';

export const run: CommandModule['run'] = async () => 0;
