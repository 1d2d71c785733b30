import { hooksOf, type TeamHook } from '../../extensions/use/hooks-of-team.ts';
import { readTeamExtensions } from '../../extensions/use/team-extensions.ts';
import { type HookResults, readHookResults } from '../../team/hook-results.ts';
import { findTeam, readTeam } from '../../team/team.ts';
import { plainText } from '../../text/plain.ts';
import type { CommandModule } from '../command.ts';

export const run: CommandModule['run'] = async ({ team, json }, { home, stdout }) => {
  const dir = findTeam(home, team);
  const byAgent = readTeam(dir).agents.map(({ name }) => ({ name, results: readHookResults(dir, name) }));
  const hooks = hooksOf(readTeamExtensions(dir)).map((hook) => describe(hook, byAgent));
  if (json) stdout.write(`${JSON.stringify(hooks)}\n`);
  else stdout.write(hooks.length === 0 ? 'The team has no hooks.\n' : hooks.map(render).join(''));
};

function describe(hook: TeamHook, byAgent: readonly { name: string; results: HookResults }[]) {
  const { id, plugin, event, matcher, type, what, args, file, isAsync, timeoutSeconds, whyNot } = hook;
  return {
    ...{
      id,
      plugin,
      event,
      matcher,
      type,
      what: [what, ...(args ?? [])].join(' '),
      file,
      isAsync,
      timeoutSeconds,
    },
    ...{ armed: whyNot === null, whyNot },
    last: byAgent.flatMap(({ name, results }) => {
      const last = Object.hasOwn(results, id) ? results[id] : undefined;
      return last === undefined ? [] : [{ agent: name, ...last }];
    }),
  };
}

/** Everything here was written by a plugin or an agent: it is shown with its control characters made plain. */
function render({ id, event, matcher, type, what, whyNot, last }: ReturnType<typeof describe>): string {
  const state = whyNot === null ? 'armed' : `off: ${whyNot}`;
  const lines = [
    `${plainText(id)}  ${event}${matcher === '*' ? '' : ` ${plainText(matcher)}`}  ${type}: ${plainText(what).slice(0, 120)}`,
    `  ${plainText(state)}`,
    ...last.map(({ agent, outcome, runs, ms, said, at }) => {
      const words = plainText(said.replaceAll(/\s+/g, ' ')).slice(0, 160);
      return `  ${agent}: ${outcome}, ${runs} ${runs === 1 ? 'run' : 'runs'}, the last at ${at.slice(11, 19)} took ${ms} ms${words === '' ? '' : `: ${words}`}`;
    }),
  ];
  return `${lines.join('\n')}\n`;
}
