import type { Duplex } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { EINVAL, EIO, EOPNOTSUPP, errnoOf, refuse, Violation } from './errno.ts';
import { FrameSplitter } from './frames.ts';
import { handlers } from './requests/table.ts';
import { Session, type Shared } from './session.ts';
import { emptyAnswer, errorAnswer, FieldReader, FieldWriter, NO_TAG, T } from './wire.ts';

/** Largest message we agree to, in bytes; the guest mounts with the same `msize`. */
export const MOST_MESSAGE_BYTES = 262_144;
const LEAST_MESSAGE_BYTES = 4096;
const PROTOCOL = '9P2000.L';
/** Requests that may wait for the disk at a time; above that no more are read from the stream. */
const MOST_OUTSTANDING = 32;
/** Answers that may wait for the client to read them, in bytes; above that no more requests are read. */
const MOST_UNREAD_BYTES = 4 * MOST_MESSAGE_BYTES;
const REQUESTS_PER_TURN = 64;
const HIGHEST_REQUEST = 127;
const EMSGSIZE = 90;
const EBUSY = 16;

/** Serves one client until its stream ends or it breaks the protocol. Never rejects; everything it held is given back. */
export async function serveConnection(stream: Duplex, shared: Shared): Promise<void> {
  const connection = new Connection(stream, shared);
  // A client that goes away in the middle of an answer is no error of ours; the loop below ends with the stream.
  stream.on('error', () => {});
  try {
    for await (const chunk of stream) await connection.receive(chunk);
  } catch (error) {
    if (error instanceof Violation) shared.log({ type: 'violation', reason: error.message });
  } finally {
    stream.destroy();
    await connection.end();
  }
}

class Connection {
  readonly #stream: Duplex;
  readonly #session: Session;
  readonly #log: Shared['log'];
  readonly #splitter = new FrameSplitter(LEAST_MESSAGE_BYTES);
  /** Requests that are not answered yet, by tag. */
  readonly #outstanding = new Map<number, Promise<void>>();
  #served = 0;
  #wake = () => {};

  constructor(stream: Duplex, shared: Shared) {
    this.#stream = stream;
    this.#session = new Session(shared);
    this.#log = shared.log;
    for (const event of ['drain', 'close']) stream.on(event, () => this.#wake());
  }

  async receive(chunk: Buffer): Promise<void> {
    // What is answered at once to one chunk leaves as one write.
    this.#stream.cork();
    try {
      for (const frame of this.#splitter.split(chunk)) {
        if (frame[4] === T.version) await this.#version(new FieldReader(frame));
        else this.#dispatch(frame);
        if (this.#isSaturated()) await this.#relief();
        // Thousands of requests fit into one chunk: whoever shares this process must get a turn between them.
        if (++this.#served % REQUESTS_PER_TURN === 0) await turn();
      }
    } finally {
      this.#stream.uncork();
    }
  }

  /** Waits for what is still running, then gives back all that the client held. */
  async end(): Promise<void> {
    await Promise.all(this.#outstanding.values());
    await this.#session.reset();
  }

  /** Agrees on sizes and begins anew: all fids of before are gone, all requests of before are done. */
  async #version(request: FieldReader): Promise<void> {
    const asked = request.u32();
    const protocol = request.text();
    request.end();
    await this.end();
    if (asked < LEAST_MESSAGE_BYTES) throw new Violation(`messages of at most ${asked} bytes`);
    const bytes = Math.min(asked, MOST_MESSAGE_BYTES);
    const known = protocol === PROTOCOL;
    this.#session.messageBytes = known ? bytes : 0;
    this.#splitter.limit = known ? bytes : LEAST_MESSAGE_BYTES;
    const answer = new FieldWriter(T.version + 1, 32).u32(bytes).text(known ? PROTOCOL : 'unknown');
    this.#send(NO_TAG, answer.finish());
  }

  #dispatch(frame: Buffer): void {
    const type = frame.readUInt8(4);
    const tag = frame.readUInt16LE(5);
    if (this.#session.messageBytes === 0) throw new Violation('a request before Tversion');
    if (type > HIGHEST_REQUEST || type % 2 === 1) throw new Violation(`a message of type ${type}`);
    try {
      if (this.#outstanding.has(tag)) refuse(EBUSY);
      if (tag === NO_TAG) refuse(EINVAL);
      const request = new FieldReader(frame);
      const answer = type === T.flush ? this.#flush(request) : this.#handle(type, request);
      if (answer instanceof Promise) this.#await(tag, answer);
      else this.#send(tag, answer);
    } catch (error) {
      if (error instanceof Violation) throw error;
      this.#send(tag, this.#failure(error));
    }
  }

  #handle(type: number, request: FieldReader): Buffer | Promise<Buffer> {
    const handler = handlers.get(type);
    return handler ? handler(this.#session, request) : errorAnswer(EOPNOTSUPP);
  }

  /** Answers when the flushed request has been answered: what the client then sees is what has happened. */
  #flush(request: FieldReader): Buffer | Promise<Buffer> {
    const flushed = this.#outstanding.get(request.u16());
    request.end();
    const answer = emptyAnswer(T.flush + 1);
    return flushed ? flushed.then(() => answer) : answer;
  }

  #await(tag: number, answer: Promise<Buffer>): void {
    const done = answer
      .catch((error: unknown) => this.#failure(error))
      .then((frame) => {
        this.#outstanding.delete(tag);
        this.#send(tag, frame);
        this.#wake();
      });
    this.#outstanding.set(tag, done);
  }

  #failure(error: unknown): Buffer {
    const errno = errnoOf(error);
    if (errno === undefined) {
      this.#log({
        type: 'fault',
        reason: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
    }
    return errorAnswer(errno ?? EIO);
  }

  #send(tag: number, frame: Buffer): void {
    if (!this.#stream.writable) return;
    const fits = frame.length <= Math.max(this.#session.messageBytes, LEAST_MESSAGE_BYTES);
    const sent = fits ? frame : errorAnswer(EMSGSIZE);
    sent.writeUInt16LE(tag, 5);
    this.#stream.write(sent);
  }

  #isSaturated(): boolean {
    return this.#outstanding.size >= MOST_OUTSTANDING || this.#stream.writableLength > MOST_UNREAD_BYTES;
  }

  async #relief(): Promise<void> {
    this.#stream.uncork();
    while (this.#isSaturated() && !this.#stream.destroyed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#stream.cork();
  }
}
