import { createHash } from 'node:crypto';
import { type Conversation, conversationOf, type Input } from './history.ts';
import { type ApiMessage, BadRequest } from './request.ts';
import { type Run, startRun } from './run.ts';
import type { Part, Rehearsal, RehearsalAgent, ToolCall } from './script.ts';

/** What the script says next. */
export interface Played {
  /** The same for the same conversation, so that a retried request gets the same ids. */
  digest: string;
  text: string;
  calls: readonly ToolCall[];
}

/** An agent as the keeper knows it. */
export type Performer = Omit<RehearsalAgent, 'random' | 'inbox'>;

/** Plays the parts of one rehearsal. It holds no state that is not in the conversation, only a cache of it. */
export interface Player {
  play(agent: Performer, messages: readonly ApiMessage[]): Played;
}

/** How many conversations are kept played, so that the next request need not play them from the start. */
const CACHED = 64;

export function rehearsalPlayer(rehearsal: Rehearsal): Player {
  const cache = new Map<string, Run>();
  return {
    play(agent, messages) {
      const conversation = conversationOf(messages);
      const digests = digestsOf(agent, conversation);
      const run = resumed(cache, digests) ?? startRun(partOf(rehearsal, agent), onStage(agent));
      for (let place = run.consumed; place < conversation.inputs.length; place++) {
        run.consume(conversation, place);
      }
      const digest = digests.at(-1) ?? '';
      cache.set(digest, run);
      for (const key of cache.keys()) {
        if (cache.size <= CACHED) break;
        cache.delete(key);
      }
      return { digest, ...run.offer };
    },
  };
}

/** The run that has consumed the longest beginning of this conversation; it leaves its old place in the cache. */
function resumed(cache: Map<string, Run>, digests: string[]): Run | undefined {
  for (const digest of digests.toReversed()) {
    const run = cache.get(digest);
    if (run) {
      cache.delete(digest);
      return run;
    }
  }
  return undefined;
}

/** One digest for each input: of the agent and all that was said up to and with it. Ids of calls do not count. */
function digestsOf(
  { name, role }: { name: string; role: string },
  { inputs, replies }: Conversation,
): string[] {
  let before = `${role}:${name}`;
  return inputs.map((input, place) => {
    const reply = replies[place - 1];
    const said = [
      before,
      reply?.text,
      reply?.calls.map((call) => [call.name, call.input]),
      plain(input, reply?.calls),
    ];
    before = createHash('sha256').update(JSON.stringify(said)).digest('hex');
    return before;
  });
}

function plain(input: Input, calls: { id: string }[] = []): unknown {
  const results = calls.map(({ id }) => input.results.find((result) => result.id === id));
  return [results.map((result) => [result?.text, result?.isError]), input.texts];
}

function partOf(
  rehearsal: Rehearsal,
  { name, role }: { name: string; role: 'lead' | 'teammate' | 'subagent' },
): Part {
  const own = role === 'subagent' ? undefined : new Map(Object.entries(rehearsal.agents ?? {})).get(name);
  const part = own ?? rehearsal[role];
  if (!part) throw new BadRequest(`The rehearsal "${rehearsal.title}" has no part for ${name}, a ${role}.`);
  return part;
}

function onStage(agent: Performer): RehearsalAgent {
  const seed = createHash('sha256')
    .update(`${agent.seed ?? 0}:${agent.role}:${agent.name}`)
    .digest()
    .readUInt32LE();
  return { ...agent, inbox: { mail: [], tasks: [], events: [] }, random: mulberry32(seed) };
}

/** A small generator of pseudo-random numbers (Tommy Ettinger's mulberry32, public domain). */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
