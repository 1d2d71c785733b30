import { realpathSync } from 'node:fs';
import { addPlugin } from '../../extensions/install/plugins.ts';
import { deletePluginRecord, readPluginRecords } from '../../extensions/install/records.ts';
import { assertStored, chooseExtensions, refreshTeam } from '../../extensions/use/choose.ts';
import { readTeamExtensions, type TeamExtensions } from '../../extensions/use/team-extensions.ts';
import { teamFolder } from '../../team/paths.ts';
import { plainText } from '../../text/plain.ts';
import type { CommandArguments, Surroundings } from '../command.ts';
import { askToAgree } from './agree.ts';

/**
 * What a new team has of plugins: the user's, the project's, and those of `--plugin`, which are installed for the team when they are not
 * there yet. What the team goes without is said.
 */
export async function extensionsForTeam(
  team: string,
  args: CommandArguments,
  surroundings: Surroundings,
): Promise<TeamExtensions> {
  const { home, env, stderr } = surroundings;
  const cwd = realpathSync(process.cwd());
  const named = Array.isArray(args.plugin) ? args.plugin.map(String) : [];
  forgetTeamPlugins(home, team); // of an earlier team of this name
  const names: string[] = [];
  for (const given of named) {
    const there = readPluginRecords(home).records.find(
      ({ name, where }) => name === given && (where === null || where === cwd),
    );
    names.push(
      there?.name ??
        (
          await addPlugin(given, {
            ...{ home, env, cwd, scope: 'team', where: team, mayRunCommand: false },
            agree: askToAgree(args, surroundings),
          })
        ).record.name,
    );
  }
  const { extensions, notes } = chooseExtensions({ home, env, cwd, team, named: names });
  for (const { plugin, file, reason } of notes)
    stderr.write(`${plainText(plugin)}: ${plainText(file)}: ${plainText(reason)}\n`);
  assertStored(home, extensions);
  return extensions;
}

/** Takes over into a team what was added, updated or removed for it; its agents have it from their next start on. */
export async function refreshTeamPlugins(home: string, env: NodeJS.ProcessEnv, team: string): Promise<void> {
  const dir = teamFolder(home, team);
  await refreshTeam({ home, env, team, dir, before: readTeamExtensions(dir) });
}

/** Removes what was installed for a team that is gone. */
export function forgetTeamPlugins(home: string, team: string): void {
  for (const record of readPluginRecords(home).records)
    if (record.scope === 'team' && record.where === team) deletePluginRecord(home, record);
}
