import type { Entry, ListState } from './state.ts';
import { isClosed } from './steps.ts';

/** Something that several attempts have failed at. */
export interface Trouble {
  /** Names it, the same for as long as it lasts. */
  id: string;
  tasks: string[];
  agents: string[];
  /** One line for people. */
  text: string;
}

/** So many attempts at one task that came to nothing, and it is no accident. */
const ATTEMPTS = 3;
/** So many agents whose tasks failed with the same command. */
const AGENTS = 2;

/** Finds what agents pile up on: a task that is taken and lost again and again, and a command that fails for several. */
export function findTroubles(list: ListState): Trouble[] {
  return [...lostAgainAndAgain(list), ...sameCommand(list)];
}

function lostAgainAndAgain(list: ListState): Trouble[] {
  return list.order.flatMap((entry) => {
    if (isClosed(entry.state)) return [];
    const agents = attemptsAt(entry);
    if (agents.length < ATTEMPTS) return [];
    const who = [...new Set(agents)];
    const text = `${entry.id} was taken and lost ${agents.length} times, by ${who.join(', ')}.`;
    return [{ id: `lost ${entry.id}`, tasks: [entry.id], agents: who, text }];
  });
}

/** Who had it and lost it since somebody last changed what it says. */
function attemptsAt({ history }: Entry): string[] {
  const lost: string[] = [];
  let holder: string | undefined;
  for (const { event, by } of history) {
    if (event === 'edited') lost.length = 0;
    if (event === 'claimed') holder = by;
    if ((event === 'released' || event === 'failed') && holder !== undefined) {
      lost.push(holder);
      holder = undefined;
    }
  }
  return lost;
}

function sameCommand(list: ListState): Trouble[] {
  const failed = Map.groupBy(
    list.order.filter(({ state }) => state === 'failed'),
    ({ evidence }) => (evidence !== null && typeof evidence === 'object' ? evidence.command : undefined),
  );
  return [...failed].flatMap(([command, entries]) => {
    const agents = [...new Set(entries.map(({ claim }) => claim?.by ?? '?'))];
    if (command === undefined || agents.length < AGENTS) return [];
    const tasks = entries.map(({ id }) => id);
    const text = `The same command failed for ${agents.join(', ')} (${tasks.join(', ')}): ${command.slice(0, 200)}`;
    return [{ id: `command ${command.slice(0, 200)}`, tasks, agents, text }];
  });
}
