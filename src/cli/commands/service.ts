import { CoworkError } from '../../protocol/errors.ts';
import { installService, uninstallService } from '../../supervisor/service/install.ts';
import { startService } from '../../supervisor/service/start.ts';
import type { CommandModule } from '../command.ts';

export const run: CommandModule['run'] = async ({ action, json }, { home, env, stdout, stderr }) => {
  const print = (value: object, text: string) =>
    stdout.write(json ? `${JSON.stringify(value)}\n` : `${text}\n`);
  switch (action) {
    case 'install': {
      const { unit, notes } = await installService(home, env);
      for (const note of notes) stderr.write(`${note}\n`);
      print({ unit, notes }, `cowork starts when you log in: ${unit}`);
      return 0;
    }
    case 'uninstall': {
      const { wasThere, notes } = await uninstallService(home, env);
      for (const note of notes) stderr.write(`${note}\n`);
      print(
        { wasThere, notes },
        wasThere ? 'cowork no longer starts when you log in.' : 'It was not installed.',
      );
      return 0;
    }
    case 'start': {
      const teams = await startService(home, env);
      const lines = teams.map(({ team, failed }) =>
        failed === null ? `${team} is back.` : `${team} is not back: ${failed}`,
      );
      print(teams, lines.length === 0 ? 'Nothing to bring back.' : lines.join('\n'));
      return teams.every(({ failed }) => failed === null) ? 0 : 1;
    }
    default:
      throw new CoworkError('USAGE', `"${String(action)}" is nothing that can be done.`, {
        hint: 'cowork service install, uninstall or start',
      });
  }
};
