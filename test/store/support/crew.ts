import { setTimeout as delay } from 'node:timers/promises';
import { type Child, startChild } from './child.ts';

const here = new URL('./', import.meta.url).href;

/** A process of a team, spoken to as if its mailbox and task list were ours. */
export interface Member {
  child: Child;
  open(dir: string): Promise<void>;
  /** What `name` of `on` (`mailbox`, `tasks`, or the inbox `bob` or `cy`) answers; rejects as that does. */
  call(on: string, name: string, ...args: unknown[]): Promise<unknown>;
  /** All of `on` as an object whose every method is such a call. */
  as<T>(on: string): T;
}

/** Starts processes that keep each segment to `segmentBytes`; ended with the test. */
export async function startCrew(size: number, segmentBytes: number): Promise<Member[]> {
  const crew = Array.from({ length: size }, () =>
    toMember(startChild(here, 'team-worker', { segmentBytes })),
  );
  await Promise.all(crew.map(({ child }) => child.says('ready')));
  return crew;
}

/** Polled faster than other conditions: a test asks hundreds of times. */
async function answer({ lines }: Child, at: number): Promise<string> {
  const deadline = performance.now() + 30_000;
  while (lines[at] === undefined) {
    if (performance.now() > deadline) throw new Error('waited 30 s in vain for an answer');
    await delay(1);
  }
  return lines[at];
}

function toMember(child: Child): Member {
  let answered = 1; // `ready`
  let last: Promise<unknown> = Promise.resolve();
  const call = (on: string, name: string, ...args: unknown[]): Promise<unknown> => {
    const mine = last.then(async () => {
      child.tell(JSON.stringify({ on, name, args }));
      const line = await answer(child, answered);
      answered++;
      if (line.startsWith('ok ')) return JSON.parse(line.slice(3));
      throw new Error(JSON.parse(line.slice(3)));
    });
    last = mine.catch(() => {});
    return mine;
  };
  return {
    child,
    call,
    open: async (dir) => void (await call('open', dir)),
    as: <T>(on: string) =>
      new Proxy(
        {},
        {
          get:
            (_, name) =>
            (...args: unknown[]) =>
              call(on, String(name), ...args),
        },
      ) as T, // by its calls
  };
}
