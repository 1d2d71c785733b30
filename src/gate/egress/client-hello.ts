/** What a TLS client says in the clear before anything else. */
export interface ClientHello {
  /** Bytes on the wire, headers of its records included. */
  length: number;
  /** The host that it wants to speak to; null when it names none. */
  serverName: string | null;
  /** Whether a second, encrypted hello is inside, which may name another host. */
  isEncrypted: boolean;
}

const RECORD_HEADER = 5;
const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
const ENCRYPTED_CLIENT_HELLO = 0xfe0d;
/** Its forerunner, by which some servers still decide. */
const ENCRYPTED_SERVER_NAME = 0xffce;

/** What is there is no ClientHello, or one that different servers may read differently. */
export class NotAHello extends Error {}

/**
 * Reads the ClientHello at the start of `wire`; undefined while it is not all there. It may be spread over several records,
 * but nothing else may share them. Throws NotAHello. Source: RFC 8446, 4.1.2 and 5.1; RFC 6066, 3; RFC 9849.
 */
export function readClientHello(wire: Buffer): ClientHello | undefined {
  // Looked at again with each byte that comes, so what is there is copied only when it is whole.
  const pieces: Buffer[] = [];
  let head = Buffer.alloc(0);
  let length = 0;
  let size = 0;
  for (;;) {
    if (wire.length < length + RECORD_HEADER) return undefined;
    const payload = wire.readUInt16BE(length + 3);
    if (wire[length] !== HANDSHAKE || wire[length + 1] !== 3 || payload === 0) {
      throw new NotAHello('it is no TLS handshake');
    }
    const start = length + RECORD_HEADER;
    const piece = wire.subarray(start, start + payload);
    pieces.push(piece);
    size += piece.length;
    if (head.length < 4) head = Buffer.concat([head, piece.subarray(0, 4)]);
    if (head.length > 0 && head[0] !== CLIENT_HELLO) throw new NotAHello('it is no ClientHello');
    if (piece.length < payload) return undefined;
    length = start + payload;
    if (head.length < 4) continue;
    const wanted = 4 + head.readUIntBE(1, 3);
    if (size > wanted) throw new NotAHello('something follows the ClientHello in its record');
    if (size === wanted) return { length, ...readMessage(new Reader(Buffer.concat(pieces).subarray(4))) };
  }
}

function readMessage(hello: Reader): Omit<ClientHello, 'length'> {
  hello.take(2 + 32); // version, random
  hello.take(hello.number(1)); // session
  hello.take(hello.number(2)); // ciphers
  hello.take(hello.number(1)); // compressions
  const seen = new Map<number, Buffer>();
  if (!hello.isAtEnd) {
    const extensions = new Reader(hello.take(hello.number(2)));
    while (!extensions.isAtEnd) {
      const type = extensions.number(2);
      if (seen.has(type)) throw new NotAHello('it has an extension twice');
      seen.set(type, extensions.take(extensions.number(2)));
    }
  }
  if (!hello.isAtEnd) throw new NotAHello('something follows its extensions');
  const named = seen.get(SERVER_NAME);
  return {
    serverName: named === undefined ? null : readServerName(new Reader(named)),
    isEncrypted: seen.has(ENCRYPTED_CLIENT_HELLO) || seen.has(ENCRYPTED_SERVER_NAME),
  };
}

function readServerName(extension: Reader): string {
  const list = new Reader(extension.take(extension.number(2)));
  const type = list.number(1);
  const name = list.take(list.number(2));
  if (type !== 0 || !list.isAtEnd || !extension.isAtEnd)
    throw new NotAHello('it has more than one server name');
  return name.toString('latin1');
}

/** Takes numbers and bytes off the front; what is too short is no hello. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  take(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) throw new NotAHello('it is cut off');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** A number of so many bytes, the highest first. */
  number(bytes: 1 | 2): number {
    const taken = this.take(bytes);
    return bytes === 1 ? taken.readUInt8() : taken.readUInt16BE();
  }
}
