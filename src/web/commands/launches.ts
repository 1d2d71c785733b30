import { CoworkError, toCoworkError } from '../../protocol/errors.ts';
import type { LaunchRow } from '../shapes.ts';
import type { Commands } from './run-command.ts';

/** Launches that this server was asked for: those under way, and those that came to nothing until somebody has seen it. */
export interface Launches {
  /** Runs a command that starts a team's agents, and is told of until it has ended. Throws as `Commands.run` does, and WEB_LAUNCHING. */
  run(team: string, words: readonly string[], deadlineMs: number): Promise<unknown>;
  list(): LaunchRow[];
  /** Ends one that is under way, or forgets one that has failed. Throws TEAM_UNKNOWN. */
  stop(team: string): void;
}

/** Steps of a build that are kept, and failures: the oldest go. */
const STEPS_MAX = 20;
const FAILED_MAX = 20;

/** Held in this process's memory only: who asked may leave the page and come back, and a launch whose server ends is ended. */
export function openLaunches(commands: Commands): Launches {
  const all = new Map<string, LaunchRow & { stop: AbortController }>();
  return {
    run: async (team, words, deadlineMs) => {
      if (all.get(team)?.error === null)
        throw new CoworkError('WEB_LAUNCHING', `The team "${team}" is being launched already.`);
      const launch = { team, began: new Date().toISOString(), steps: [] as string[], error: null };
      const row: LaunchRow & { stop: AbortController } = { ...launch, stop: new AbortController() };
      all.set(team, row);
      const said = (line: string): void => {
        row.steps = [...row.steps, line.trim()].slice(-STEPS_MAX);
      };
      try {
        const printed = await commands.run(words, deadlineMs, { said, signal: row.stop.signal });
        all.delete(team);
        return printed;
      } catch (thrown) {
        const error = toCoworkError(thrown);
        if (row.stop.signal.aborted) all.delete(team);
        else row.error = error.toJSON().error;
        for (const [name] of [...all].filter(([, each]) => each.error !== null).slice(0, -FAILED_MAX))
          all.delete(name);
        throw error;
      }
    },
    list: () => [...all.values()].map(({ stop: _, ...row }) => row),
    stop: (team) => {
      const found = all.get(team);
      if (found === undefined)
        throw new CoworkError('TEAM_UNKNOWN', `No launch of "${team}" is under way here.`);
      if (found.error === null) found.stop.abort();
      else all.delete(team);
    },
  };
}
