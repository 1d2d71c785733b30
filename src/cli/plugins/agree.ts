import type { InstallOptions } from '../../extensions/install/plugins.ts';
import { plainText } from '../../text/plain.ts';
import { askYesNo } from '../ask-yes-no.ts';
import type { CommandArguments, Surroundings } from '../command.ts';
import { changeLine } from './print.ts';

/** Asks at the terminal; without one, only --yes is a yes. What is asked about is shown in every case. */
export function askToAgree(args: CommandArguments, { stdin, stderr }: Surroundings): InstallOptions['agree'] {
  return async ({ plugin, runs, changes }) => {
    const isAsked = args.yes !== true && stdin.isTTY && stderr.isTTY && args.json !== true;
    if (args.json !== true) {
      stderr.write(
        `${plainText(plugin.name)} ${plainText(plugin.version)} would run in the machines of your agents:\n`,
      );
      for (const { kind, name, detail } of runs)
        stderr.write(`  ${kind} ${plainText(name)}  ${plainText(detail)}\n`);
      if (changes !== null && changes.length > 0) {
        stderr.write('What changes:\n');
        for (const change of changes) stderr.write(`  ${changeLine(change)}\n`);
      }
    }
    if (!isAsked) return args.yes === true;
    return askYesNo('Agree? [y/N] ', { stdin, stderr });
  };
}
