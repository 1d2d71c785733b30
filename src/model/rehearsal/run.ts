import { isDeepStrictEqual } from 'node:util';
import type { Conversation, Input, Reply } from './history.ts';
import { BadRequest } from './request.ts';
import type { Part, RehearsalAgent, Step, ToolCall } from './script.ts';
import { type CallResult, resultOf, turnOf } from './turn.ts';

const NOTHING_MORE = 'There is nothing more in this rehearsal.';

/** How agents mark a text that was cut: `Let me se …`, `Let me se [interrupted by the user]`. */
const CUT_MARK = /\s*(…|[[(][^\][()]*(interrupt|cut)[^\][()]*[\])])\s*$/i;

/** What the model's next message is. */
export interface Offer {
  text: string;
  calls: readonly ToolCall[];
}

/** One part being played: the generator and how far the conversation has been fed to it. */
export interface Run {
  /** How many inputs have been consumed. */
  readonly consumed: number;
  readonly offer: Offer;
  /** Feeds the input at `place`; the reply before it must be the one that was offered. Throws BadRequest. */
  consume(conversation: Conversation, place: number): void;
}

/** Begins a part; nothing of it runs before the first input. */
export function startRun(part: Part, agent: RehearsalAgent): Run {
  let consumed = 0;
  let generator: ReturnType<Part> | undefined;
  let offer: Offer = { text: NOTHING_MORE, calls: [] };
  let isOver = false;
  let results: CallResult[] = [];
  let texts: string[] = [];

  return {
    get consumed() {
      return consumed;
    },
    get offer() {
      return offer;
    },
    consume({ inputs, replies }, place) {
      const input = inputs[place] ?? { results: [], texts: [] };
      const reply = replies[place - 1];
      consumed = place + 1;
      texts.push(...input.texts);
      if (reply) {
        compare(offer, reply, place, agent);
        results.push(...reply.calls.map((call) => resultFor(call, input)));
        // A message that an interrupt cut before all of its calls were made is said again, with what is missing.
        const missing = offer.calls.slice(reply.calls.length);
        if (missing.length > 0) {
          offer = { text: reply.text === '' ? offer.text : '', calls: missing };
          return;
        }
      }
      if (isOver) {
        offer = { text: NOTHING_MORE, calls: [] };
        return;
      }
      const turn = turnOf(results, texts);
      agent.inbox.mail.push(...turn.mail);
      agent.inbox.tasks.push(...turn.tasks);
      agent.inbox.events.push(...turn.events);
      results = [];
      texts = [];
      const next = guarded(agent, place, () => {
        if (generator) return generator.next(turn);
        generator = part(agent, turn);
        return generator.next();
      });
      isOver = next.done === true;
      offer = next.value ? offered(next.value) : { text: NOTHING_MORE, calls: [] };
    },
  };
}

function offered({ text, calls }: Step): Offer {
  // What goes over the wire is JSON, so what is compared later must be what JSON leaves of it.
  const plain = JSON.parse(JSON.stringify(calls)) as ToolCall[]; // JSON keeps the shape of a call
  return { text: text === '' && calls.length === 0 ? '…' : text, calls: plain };
}

function resultFor(call: Reply['calls'][number], input: Input): CallResult {
  const result = input.results.find(({ id }) => id === call.id);
  return resultOf(call.name, result?.text ?? '', result?.isError ?? true);
}

/** The reply in the history must be the one that was offered, or the beginning of it that an interrupt left. */
function compare(offer: Offer, reply: Reply, place: number, agent: RehearsalAgent): void {
  const where = `The rehearsal and the conversation of ${agent.name} differ at the agent's message ${place}`;
  const said = reply.text.replace(CUT_MARK, '').trim();
  const script = offer.text.trim();
  if (!script.startsWith(said)) {
    throw new BadRequest(`${where}: the script says ${quote(script)}, the history has ${quote(said)}.`);
  }
  reply.calls.forEach((call, index) => {
    const expected = offer.calls[index];
    if (!expected) {
      throw new BadRequest(`${where}: the history has a call of ${call.name} that the script does not make.`);
    }
    if (expected.name !== call.name || !isDeepStrictEqual(expected.input, call.input)) {
      const script = `${expected.name} ${quote(JSON.stringify(expected.input))}`;
      throw new BadRequest(
        `${where}: call ${index + 1} is ${script} in the script and ${call.name} ${quote(JSON.stringify(call.input))} in the history.`,
      );
    }
  });
}

function quote(text: string): string {
  return JSON.stringify(text.length > 160 ? `${text.slice(0, 160)}…` : text);
}

function guarded<T>(agent: RehearsalAgent, place: number, play: () => T): T {
  try {
    return play();
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new BadRequest(
      `The rehearsal's part of ${agent.name} failed at its message ${place + 1}: ${message}`,
      {
        cause,
      },
    );
  }
}
