import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { ServerStart } from '../../protocol/servers.ts';
import { plainText } from '../../text/plain.ts';
import type { Channel } from '../channel.ts';

/** How much of what a server writes to stderr is kept, characters. */
const WORDS_MAX = 4_096;

/** The pipes between an agent's keeper and the servers in its machine. */
export interface Pipes {
  /** Has the guest start a server; resolves when its pipe is there. Rejects when `signal` is aborted before. */
  start(server: Omit<ServerStart, 'pipe'>, words: Words, signal: AbortSignal): Promise<Duplex>;
  /** Who takes the bytes of a pipe; undefined when nobody waits for it. */
  taker(pipe: string): ((wire: Duplex) => Promise<void>) | undefined;
  /** What a server wrote to stderr, or that it has ended. */
  said(report: { pipe: string; text: string; ended: string | null }): void;
}

/** The end of what a server wrote to stderr. */
export class Words {
  #text = '';
  #isOld = false;
  /** Called when it has said something. */
  onMore: () => void = () => {};

  add(text: string): void {
    if (text === '') return;
    if (this.#isOld) this.#text = '';
    this.#isOld = false;
    this.#text = (this.#text + plainText(text, { lines: true })).slice(-WORDS_MAX);
  }

  /** The server starts anew: what it said before is kept until it says something. */
  begin(): void {
    this.#isOld = true;
  }

  toString(): string {
    return this.#text.trim();
  }
}

/** Most pipes whose words are still taken: of servers that have ended, the last ones. */
const REMEMBERED = 64;

export function createPipes(channel: Pick<Channel, 'push'>): Pipes {
  const waiting = new Map<string, (wire: Duplex) => void>();
  const words = new Map<string, Words>();
  return {
    start: (server, said, signal) => {
      signal.throwIfAborted();
      const pipe = randomBytes(12).toString('hex');
      const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
      words.set(pipe, said);
      for (const old of [...words.keys()].slice(0, Math.max(0, words.size - REMEMBERED))) words.delete(old);
      waiting.set(pipe, resolve);
      const give = (): void => {
        if (waiting.delete(pipe)) reject(signal.reason);
      };
      signal.addEventListener('abort', give, { once: true });
      void channel.push({ type: 'serve', server: { ...server, pipe } });
      return promise.finally(() => signal.removeEventListener('abort', give));
    },
    taker: (pipe) => {
      const take = waiting.get(pipe);
      if (take === undefined) return undefined;
      waiting.delete(pipe);
      return (wire) => {
        const closed = new Promise<void>((resolve) => wire.once('close', () => resolve()));
        take(wire);
        return closed;
      };
    },
    said: ({ pipe, text, ended }) => {
      const said = words.get(pipe);
      said?.add(text);
      if (ended !== null && ended !== 'ended with 0') said?.add(`\n(${ended})`);
      said?.onMore();
    },
  };
}
