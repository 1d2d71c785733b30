import { createHash } from 'node:crypto';
import { TEAM_TOOLS } from '../../protocol/tools.ts';
import type { Conversation, Reply } from '../rehearsal/history.ts';
import { conversationOf } from '../rehearsal/history.ts';
import type { Played, Player } from '../rehearsal/player.ts';
import { BadRequest } from '../rehearsal/request.ts';
import type { Exchange, HeardInput } from './exchange.ts';
import { comparable, here, named, type Places } from './plain.ts';
import { mapTexts } from './texts.ts';
import { added } from './thread.ts';

interface PlayerOptions {
  exchanges: readonly Exchange[];
  places: Places;
  withoutSecrets: (text: string) => string;
}

/** What is said while what the recorded model heard next has not come yet. */
const NOT_YET = 'The recording says nothing here yet.';

/**
 * Plays a recording. It keeps nothing that is not in the conversation, which it follows from its beginning each time. Results
 * of tools must be what they were; mail may come earlier or later than it did, as agents are never equally fast.
 */
export function recordingPlayer({ exchanges, places, withoutSecrets }: PlayerOptions): Player {
  const clean = (text: string): string => withoutSecrets(named(text, places));
  const mail = mailOf(exchanges);
  return {
    play: ({ name, role }, messages) => {
      const own = exchanges.filter((each) => each.by === name && each.role === role);
      if (own.length === 0) throw new BadRequest(`The recording has no part for ${name}, a ${role}.`);
      const conversation = mapTexts(conversationOf(messages), clean);
      const { said, key } = new Walk(own, name, mail).follow(conversation);
      const digest = createHash('sha256').update(`${role} ${name} ${key}`).digest('hex');
      return { digest, ...mapTexts(said, (text) => here(text, places)) };
    },
  };
}

type Said = Pick<Played, 'text' | 'calls'>;

/** One conversation, followed along what was recorded of its agent. */
class Walk {
  readonly #own: readonly Exchange[];
  readonly #agent: string;
  readonly #everHeard: ReadonlySet<string>;
  readonly #mail: ReadonlySet<string>;
  /** Ids of the recording by those of this run. */
  readonly #ids = new Map<string, string>();
  readonly #heard = new Counts();
  #heardThen = new Counts();
  #at: Exchange | undefined;

  constructor(own: readonly Exchange[], agent: string, mail: ReadonlySet<string>) {
    this.#own = own;
    this.#agent = agent;
    this.#mail = mail;
    this.#everHeard = new Set(own.flatMap(({ input }) => input.texts.map((text) => comparable(text).text)));
  }

  follow({ inputs, replies }: Conversation): { said: Said; key: string } {
    let pending: HeardInput = { results: [], texts: [] };
    let answered: Reply | undefined;
    for (const [place, input] of inputs.entries()) {
      for (const text of input.texts) this.#hear(text, place);
      pending = added(pending, input, answered);
      const path = this.#next(pending, place);
      const next = path.at(-1);
      const said = next === undefined ? { text: NOT_YET, calls: [] } : this.#translated(next);
      const reply = replies[place];
      if (reply === undefined) return { said, key: `${next?.key ?? 'not yet'} ${place}` };
      if (reply.text.trim() === NOT_YET && reply.calls.length === 0) continue;
      if (!isSame(reply, said)) {
        if (isBeginning(reply, said)) continue; // an interrupt has cut it; it is said again
        const what = `the conversation has ${quote(reply)} where the recording has ${quote(said)}`;
        throw this.#differs(place, what);
      }
      this.#at = next;
      this.#heardThen = this.#heardBy(path);
      answered = reply;
      pending = { results: [], texts: [] };
    }
    throw this.#differs(inputs.length, 'nothing was asked');
  }

  #hear(text: string, place: number): void {
    const plain = comparable(text).text;
    // What was sent, and the end of the job came before it was read, may be read in time now; it decides nothing.
    const isKnown = this.#everHeard.has(plain) || isOfRuntime(text) || this.#mail.has(mailText(text));
    if (!isKnown) {
      throw this.#differs(place, `the recorded agent never heard ${quote({ text: plain, calls: [] })}`);
    }
    this.#heard.add(plain);
  }

  /**
   * What the model said to this, with what it said on the way there; nothing while something that it had heard by then has not
   * come.
   */
  #next(pending: HeardInput, place: number): Exchange[] {
    const next = this.#chosen(this.#at, pending.texts);
    if (next === undefined) {
      if (pending.results.length === 0 && this.#at !== undefined) return [];
      throw this.#differs(place, 'the recording ends here');
    }
    this.#learn(next, pending);
    if (!next.isAfterSummary) this.#compareResults(next, pending, place);
    // In the middle of its work the model may say what it said, though mail is late; else it would wake for nothing.
    if (pending.results.length === 0 && !this.#heardBy([next]).isWithin(this.#heard)) return [];
    return this.#onwards([next], pending.texts);
  }

  /** What came one after the other then may come at once now: where the model ended its turn and was woken by it, it goes on. */
  #onwards(path: Exchange[], texts: readonly string[]): Exchange[] {
    const last = path.at(-1);
    if (last === undefined || last.reply.calls.length > 0) return path;
    const after = this.#chosen(last, texts);
    if (after === undefined || !this.#heardBy([...path, after]).isWithin(this.#heard)) return path;
    this.#learn(after, { results: [], texts: [...texts] });
    return this.#onwards([...path, after], texts);
  }

  /** All that was heard up to the end of a path that goes on from here. */
  #heardBy(path: readonly Exchange[]): Counts {
    const heard = new Counts(this.#heardThen);
    for (const text of path.flatMap(({ input }) => input.texts)) {
      if (!isOfRuntime(text)) heard.add(comparable(text).text);
    }
    return heard;
  }

  /** Of several that go on from here (helpers, a summary, an answer that was asked for twice) the one that fits best. */
  #chosen(from: Exchange | undefined, texts: readonly string[]): Exchange | undefined {
    const children = this.#own.filter(({ parent }) => parent === (from?.key ?? ''));
    const here = new Set(texts.map((text) => comparable(text).text));
    const fit = (child: Exchange): number => {
      const same = child.input.texts.filter((text) => here.has(comparable(text).text)).length;
      const goesOn = this.#own.some(({ parent }) => parent === child.key) ? 0.5 : 0;
      return 2 * same - child.input.texts.length + goesOn;
    };
    return children.toSorted((a, b) => fit(b) - fit(a))[0];
  }

  #compareResults({ input }: Exchange, pending: HeardInput, place: number): void {
    const calls = this.#at?.reply.calls ?? [];
    for (const [index, call] of calls.entries()) {
      const [now, then] = [pending.results[index], input.results[index]];
      if (now !== undefined && then !== undefined && isSameResult(call.name, now, then)) continue;
      const what = `${call.name} ${cut(JSON.stringify(call.input))}`;
      const [is, was] = [now, then].map((each) => (each === undefined ? 'nothing' : short(each.text)));
      throw this.#differs(place, `${what} gives ${is}, and gave ${was}`);
    }
  }

  #learn({ input }: Exchange, pending: HeardInput): void {
    const pairs = input.results.map(
      (then, index) => [then.text, pending.results[index]?.text ?? ''] as const,
    );
    for (const then of input.texts) {
      const plain = comparable(then).text;
      const now = pending.texts.find((text) => comparable(text).text === plain);
      if (now !== undefined) pairs.push([then, now]);
    }
    for (const [then, now] of pairs) {
      const [old, fresh] = [comparable(then).ids, comparable(now).ids];
      if (old.length !== fresh.length) continue;
      for (const [index, id] of old.entries()) this.#ids.set(id, fresh[index] ?? id);
    }
  }

  #translated({ reply }: Exchange): Said {
    return mapTexts(reply, (text) =>
      text.replaceAll(/\b[0-7][0-9A-HJKMNP-TV-Z]{25}\b/g, (id) => this.#ids.get(id) ?? id),
    );
  }

  #differs(place: number, what: string): BadRequest {
    return new BadRequest(
      `The recording and the team differ at message ${place + 1} of ${this.#agent}: ${what}.`,
    );
  }
}

/** How often each text was heard. */
class Counts {
  readonly #counts: Map<string, number>;

  constructor(from?: Counts) {
    this.#counts = new Map(from === undefined ? [] : from.#counts);
  }

  add(text: string): void {
    this.#counts.set(text, (this.#counts.get(text) ?? 0) + 1);
  }

  isWithin(other: Counts): boolean {
    return [...this.#counts].every(([text, count]) => (other.#counts.get(text) ?? 0) >= count);
  }
}

/** What agents wrote to each other. */
function mailOf(exchanges: readonly Exchange[]): ReadonlySet<string> {
  const calls = exchanges.flatMap(({ reply }) => reply.calls);
  const letters = calls.filter(({ name }) => name === 'send_message' || name === 'broadcast');
  return new Set(letters.map(({ input }) => comparable(String(input.text)).text));
}

/** The words of a mail as an agent gets it; empty when the text is none. */
function mailText(text: string): string {
  const [, json] = /^MAIL (\{.*\})$/m.exec(text) ?? [];
  if (json === undefined) return '';
  try {
    return comparable(String((JSON.parse(json) as { text?: unknown }).text)).text; // any JSON: a missing text matches no mail
  } catch {
    return '';
  }
}

/** Reminders, notices and reports of the runtime come when they come; they decide nothing. */
function isOfRuntime(text: string): boolean {
  if (text.startsWith('A notice from the runtime')) return true;
  if (/^MAIL \{[^\n]*?"kind":"report"/m.test(text)) return true;
  return text.startsWith('[team]') && !/^(TASK|EVENT) /m.test(text);
}

/** What team tools answer depends on how far others are; what counts of it is whether it went well, and for which task. */
function isSameResult(
  tool: string,
  now: HeardInput['results'][number],
  then: HeardInput['results'][number],
): boolean {
  if (now.isError !== then.isError) return false;
  if (!Object.hasOwn(TEAM_TOOLS, tool)) return comparable(now.text).text === comparable(then.text).text;
  const task = (text: string) => /^\{"id":"(t\d+)"/.exec(text)?.[1];
  const code = (text: string) => /"code":"([A-Z_]+)"/.exec(text)?.[1];
  return task(now.text) === task(then.text) && (!now.isError || code(now.text) === code(then.text));
}

function isSame(reply: Reply, said: Said): boolean {
  const calls = reply.calls.map(({ name, input }) => ({ name, input }));
  return reply.text.trim() === said.text.trim() && JSON.stringify(calls) === JSON.stringify(said.calls);
}

function isBeginning(reply: Reply, said: Said): boolean {
  return reply.calls.length === 0 && said.text.trim().startsWith(reply.text.replace(/\s*…$/, '').trim());
}

const cut = (text: string): string => (text.length > 160 ? `${text.slice(0, 160)}…` : text);
const short = (text: string): string => JSON.stringify(cut(text));
const quote = ({ text, calls }: Said): string =>
  [text === '' ? '' : short(text), ...calls.map(({ name, input }) => `${name} ${cut(JSON.stringify(input))}`)]
    .filter((part) => part !== '')
    .join(' + ');
