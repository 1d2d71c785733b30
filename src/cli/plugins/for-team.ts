import { realpathSync } from 'node:fs';
import { forgetOptions } from '../../extensions/install/options.ts';
import { addPlugin } from '../../extensions/install/plugins.ts';
import { deletePluginRecord, readPluginRecords, sweep } from '../../extensions/install/records.ts';
import { assertStored, chooseExtensions, refreshTeam } from '../../extensions/use/choose.ts';
import { readTeamExtensions, type TeamExtensions } from '../../extensions/use/team-extensions.ts';
import { findKind, kindNames } from '../../keeper/kinds.ts';
import { CoworkError } from '../../protocol/errors.ts';
import type { LaunchRequest } from '../../supervisor/launch.ts';
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

/** Makes of each teammate whose role names a definition what that says. Any other role is a title. */
export async function giveRoles(
  home: string,
  request: LaunchRequest,
  extensions: TeamExtensions,
): Promise<void> {
  const { name, grants, sandbox, model } = request;
  const of = { home, dir: teamFolder(home, name), grants, sandbox, extensions, model };
  for (const teammate of request.teammates) {
    if (teammate.title === 'teammate') continue;
    const kind = await findKind(of, teammate.title);
    if (kind === undefined) {
      assertNoPluginMeant(of, teammate.title);
      continue;
    }
    teammate.title = kind.name;
    teammate.prompt = kind.prompt;
    if (kind.model !== undefined) teammate.model = kind.model;
    if (kind.tools !== undefined) teammate.tools = kind.tools;
    if (kind.skills.length > 0) teammate.skills = kind.skills;
    if (kind.color !== undefined) teammate.color = kind.color;
    if (kind.effort !== undefined) teammate.replies = { effort: kind.effort };
  }
}

/** A role such as `plugin:agent` of a plugin that is there names an agent. Throws SKILL_UNKNOWN when that has none of this name. */
function assertNoPluginMeant(of: Parameters<typeof findKind>[0], role: string): void {
  const plugin = role.split(':')[0] ?? '';
  if (!role.includes(':') || !of.extensions.sources.some((source) => source.plugin === plugin)) return;
  const names = kindNames(of).filter((name) => name.startsWith(`${plugin}:`));
  throw new CoworkError('SKILL_UNKNOWN', `The plugin ${plugin} has no agent definition "${role}".`, {
    hint: names.length === 0 ? 'It has none.' : `It has ${names.join(', ')}.`,
  });
}

/** Takes over into a team what was added, updated or removed for it; its agents have it from their next start on. */
export async function refreshTeamPlugins(home: string, env: NodeJS.ProcessEnv, team: string): Promise<void> {
  const dir = teamFolder(home, team);
  await refreshTeam({ home, env, team, dir, before: readTeamExtensions(dir) });
}

/** Removes contents that no plugin and no team has any more. */
export const sweepPlugins = (home: string): void => sweep(home);

/** Forgets what was set for plugins that are gone. */
export const forgetPluginOptions = (home: string, env: NodeJS.ProcessEnv): Promise<void> =>
  forgetOptions(home, env);

/** Removes what was installed for a team that is gone. */
export function forgetTeamPlugins(home: string, team: string): void {
  for (const record of readPluginRecords(home).records)
    if (record.scope === 'team' && record.where === team) deletePluginRecord(home, record);
}
