import { existsSync, realpathSync } from 'node:fs';
import { basename } from 'node:path';
import { findRecords, listPlugins, loadInstalled } from '../../extensions/install/installed.ts';
import { forgetOptions } from '../../extensions/install/options.ts';
import type { InstallOptions } from '../../extensions/install/plugins.ts';
import { addPlugin, removePlugin, updatePlugin } from '../../extensions/install/plugins.ts';
import { type PluginRecord, readPluginRecords, type Scope } from '../../extensions/install/records.ts';
import { CoworkError } from '../../protocol/errors.ts';
import { nearestName } from '../../protocol/names.ts';
import { teamFolder } from '../../team/paths.ts';
import { findTeam } from '../../team/team.ts';
import type { CommandArguments, CommandModule, Surroundings } from '../command.ts';
import { askToAgree } from '../plugins/agree.ts';
import { configure, configureAdded, givenPairs } from '../plugins/config.ts';
import { refreshTeamPlugins } from '../plugins/for-team.ts';
import { runMarketplace } from '../plugins/marketplace.ts';
import { describePlugin, renderAdded, renderPlugins, renderUpdates } from '../plugins/print.ts';
import { describeWhole, renderWhole } from '../plugins/show.ts';
import { validate } from '../plugins/validate.ts';

const ACTIONS = ['add', 'list', 'show', 'config', 'remove', 'update', 'validate', 'marketplace'];

export const run: CommandModule['run'] = async (args, surroundings) => {
  const { action = 'list', what, which, json } = args;
  const { home, stdout } = surroundings;
  const options = installOptions(args, surroundings);
  if (which !== undefined && action !== 'marketplace' && action !== 'config')
    throw usage(`cowork plugin ${action} takes one name.`);
  const print = (value: unknown, text: string): void =>
    void stdout.write(json ? `${JSON.stringify(value)}\n` : text);
  switch (action) {
    case 'list': {
      if (what !== undefined) throw usage('cowork plugin list takes no name.');
      const { broken } = readPluginRecords(home);
      const plugins = listPlugins(home);
      print([...plugins.map(describePlugin), ...broken.map(describeBroken)], renderPlugins(plugins, broken));
      return;
    }
    case 'add': {
      givenPairs(args); // a slip is told before anything is fetched
      const { record } = await addPlugin(named(what, 'add'), options);
      await configureAdded(loadInstalled(home, record), args, surroundings);
      const added = loadInstalled(home, record);
      if (record.scope === 'team') await refreshTeams([record], surroundings);
      print(describePlugin(added), renderAdded(added));
      return;
    }
    case 'show': {
      const whole = describeWhole(home, loadInstalled(home, onlyRecord(home, named(what, 'show'), args)));
      print(whole, renderWhole(whole));
      return;
    }
    case 'config': {
      const record = onlyRecord(home, named(what, 'config'), args);
      const { value, text } = await configure(loadInstalled(home, record), args, surroundings);
      print(value, text);
      return;
    }
    case 'remove': {
      const record = onlyRecord(home, named(what, 'remove'), args);
      removePlugin(home, record);
      await forgetOptions(home, surroundings.env);
      await refreshTeams([record], surroundings);
      const { name, scope, where } = record;
      print({ removed: name, scope, where }, `${name} is removed.\n`);
      return;
    }
    case 'update': {
      const records =
        typeof what === 'string' ? [onlyRecord(home, what, args)] : readPluginRecords(home).records;
      const outcomes = [];
      for (const record of records) {
        outcomes.push(await updatePlugin(record, { ...options, scope: record.scope, where: record.where }));
      }
      await refreshTeams(records, surroundings);
      print(outcomes, renderUpdates(outcomes));
      if (outcomes.some(({ outcome }) => outcome === 'failed')) return 1;
      return outcomes.some(({ outcome }) => outcome === 'refused') ? 4 : 0;
    }
    case 'validate':
      return validate(named(what, 'validate'), options.cwd, print);
    case 'marketplace':
      return runMarketplace({ action: what, which, home, options, print });
    default: {
      const nearest = nearestName(String(action), ACTIONS);
      const hint = nearest === undefined ? `It can ${ACTIONS.join(', ')}.` : `Did you mean ${nearest}?`;
      throw new CoworkError('USAGE', `cowork plugin can't ${action}.`, { hint });
    }
  }
};

/** Teams that are there have what was changed for them from the next start of an agent on. */
async function refreshTeams(records: readonly PluginRecord[], { home, env }: Surroundings): Promise<void> {
  const teams = new Set(
    records.flatMap(({ scope, where }) => (scope === 'team' && where !== null ? [where] : [])),
  );
  for (const team of teams) if (existsSync(teamFolder(home, team))) await refreshTeamPlugins(home, env, team);
}

function installOptions(args: CommandArguments, surroundings: Surroundings): InstallOptions {
  const { home, env } = surroundings;
  const cwd = process.cwd();
  const scope = (args.scope ?? (args.team === undefined ? 'user' : 'team')) as Scope; // one of the choices of the flag
  if (args.team !== undefined && scope !== 'team') throw usage('--team goes with --scope team only.');
  const where = {
    user: () => null,
    project: () => realpathSync(cwd),
    team: () => basename(findTeam(home, args.team)),
  };
  return {
    ...{ home, env, cwd, scope, where: where[scope](), signal: interrupted() },
    mayRunCommand: args.runSource === true,
    agree: askToAgree(args, surroundings),
  };
}

let asked: AbortController | undefined;

/** Ctrl-C ends what is being fetched, and what was fetched so far is removed. */
function interrupted(): AbortSignal {
  if (asked === undefined) {
    const controller = new AbortController();
    process.once('SIGINT', () => controller.abort(new CoworkError('PLUGIN_FETCH_FAILED', 'It was stopped.')));
    asked = controller;
  }
  return asked.signal;
}

/** The one installed plugin that is meant; the same name can be there in several scopes. */
function onlyRecord(home: string, name: string, { scope }: CommandArguments) {
  const records = findRecords(home, name, scope as Scope | undefined);
  const [only] = records;
  if (records.length === 1 && only !== undefined) return only;
  const scopes = records.map((each) => `${each.scope}${each.where === null ? '' : ` (${each.where})`}`);
  const here = records.filter(
    ({ scope: each, where }) => each === 'project' && where === realpathSync(process.cwd()),
  );
  if (scope === 'project' && here[0] !== undefined) return here[0];
  throw new CoworkError('USAGE', `${name} is installed several times: ${scopes.join(', ')}.`, {
    hint: 'Say which with --scope.',
  });
}

function named(what: unknown, action: string): string {
  if (typeof what === 'string' && what !== '') return what;
  throw usage(`cowork plugin ${action} needs a name or a source.`);
}

const describeBroken = ({ file, reason }: { file: string; reason: string }) => ({
  ...{ name: basename(file).replace(/\..*$/, ''), state: 'refused' },
  findings: [{ severity: 'error', file, reason }],
});

const usage = (message: string): CoworkError =>
  new CoworkError('USAGE', message, { hint: 'See `cowork plugin --help`.' });
