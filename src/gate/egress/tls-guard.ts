import { type ClientHello, NotAHello, readClientHello } from './client-hello.ts';
import { readHost, type Target, writeHost } from './host.ts';
import { Refusal } from './refusal.ts';

/** Longest ClientHello, bytes on the wire; usual ones have 300 to 2,000. */
const HELLO_MAX = 16 * 1024;
const RECORD_HEADER = 5;
const HANDSHAKE = 22;
/** Types of TLS records, from a change of the cipher to a heartbeat. */
const isRecordType = (type: number): boolean => type >= 20 && type <= 24;
/** No encrypted handshake record is as short as this, so a short one is in the clear. */
const SHORTEST_ENCRYPTED = 16;

/**
 * Lets the client's side of a connection through only as long as it is TLS that names the host which was asked for. It keeps looking
 * at the frames of the whole connection, since a client may be asked for a second hello, and only then name the host it really means.
 */
export class TlsGuard {
  readonly #target: Target;
  readonly #mayBeOpaque: boolean;
  /** What came and is not let through yet. */
  #held: Buffer = Buffer.alloc(0);
  /** Bytes of the present record that are still to come. */
  #passing = 0;
  #state: 'new' | 'tls' | 'opaque' = 'new';

  /** With `mayBeOpaque`, a connection that does not begin as TLS is let through as it is. */
  constructor(target: Target, mayBeOpaque: boolean) {
    this.#target = target;
    this.#mayBeOpaque = mayBeOpaque;
  }

  /** Whether the client has still to show what it speaks. */
  get isWaiting(): boolean {
    return this.#state === 'new';
  }

  /** Takes what the client sends and gives what may go on. Throws Refusal. */
  push(chunk: Buffer): Buffer {
    if (this.#state === 'opaque') return chunk;
    const data = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    if (this.#state === 'new' && !couldBeTls(data)) {
      if (!this.#mayBeOpaque) throw notTls(this.#target);
      this.#state = 'opaque';
      return data;
    }
    const end = this.#scan(data);
    this.#held = data.subarray(end);
    if (this.#held.length > HELLO_MAX) throw tooLong(this.#target);
    return data.subarray(0, end);
  }

  /** How much of `data` may go on. */
  #scan(data: Buffer): number {
    let at = 0;
    for (;;) {
      const step = Math.min(this.#passing, data.length - at);
      at += step;
      this.#passing -= step;
      if (data.length < at + RECORD_HEADER) return at;
      const type = data.readUInt8(at);
      if (!isRecordType(type) || data[at + 1] !== 3) throw malformed(this.#target, 'it stopped to be TLS');
      const payload = data.readUInt16BE(at + 3);
      if (type === HANDSHAKE && payload > 0) {
        const kind = this.#state === 'new' ? 'hello' : handshakeKind(data.subarray(at), payload);
        if (kind === 'unknown') return at;
        if (kind === 'hello') {
          const hello = this.#readHello(data.subarray(at));
          if (hello === undefined) return at;
          if (hello.length > HELLO_MAX) throw tooLong(this.#target);
          check(hello, this.#target);
          this.#state = 'tls';
          this.#passing = hello.length;
          continue;
        }
      } else if (this.#state === 'new') {
        throw malformed(this.#target, 'it does not begin with a ClientHello');
      }
      this.#passing = RECORD_HEADER + payload;
    }
  }

  #readHello(wire: Buffer): ClientHello | undefined {
    try {
      return readClientHello(wire);
    } catch (error) {
      if (error instanceof NotAHello) throw malformed(this.#target, error.message);
      throw error;
    }
  }
}

/** Whether what has come so far may be the start of a TLS connection. */
function couldBeTls(data: Buffer): boolean {
  return (data.length < 1 || data[0] === HANDSHAKE) && (data.length < 2 || data[1] === 3);
}

/**
 * Whether a handshake record after the first hello holds another hello. Records of that type may be encrypted by now; that one looks
 * like a hello (its type, a length below 16 KiB, a version 3.x) happens once in 2^30.
 */
function handshakeKind(wire: Buffer, payload: number): 'hello' | 'other' | 'unknown' {
  const inspected = Math.min(payload, SHORTEST_ENCRYPTED, 6);
  if (wire.length < RECORD_HEADER + inspected) return 'unknown';
  const [type, high = 0, middle = 0, , version] = wire.subarray(RECORD_HEADER);
  if (type !== 1) return 'other';
  if (payload < SHORTEST_ENCRYPTED) return 'hello';
  return high === 0 && middle < HELLO_MAX / 256 && version === 3 ? 'hello' : 'other';
}

function check({ serverName, isEncrypted }: ClientHello, target: Target): void {
  const host = writeHost(target);
  if (isEncrypted) {
    throw new Refusal(
      'wrong TLS name',
      403,
      `The TLS connection to ${host} hides which host it is for (ECH), so it can't be checked. Turn that off in the client.`,
    );
  }
  if (serverName === null) {
    if (target.isAddress) return; // an address is not named in TLS
    throw new Refusal('no TLS name', 403, `The TLS connection to ${host} does not name its host (SNI).`);
  }
  const named = readHost(serverName);
  if ('wrong' in named || named.name !== target.name) {
    const said = JSON.stringify(serverName.slice(0, 253));
    throw new Refusal(
      'wrong TLS name',
      403,
      `The connection was asked for ${host}, but its TLS names ${said} (SNI).`,
    );
  }
}

function notTls(target: Target): Refusal {
  const host = writeHost(target);
  return new Refusal(
    'no TLS',
    403,
    `Port ${target.port} of ${host} is for TLS only, and this is none.\nFor plain HTTP ask for http://${host}/ without CONNECT.`,
  );
}

function malformed(target: Target, why: string): Refusal {
  return new Refusal('malformed', 403, `The TLS connection to ${writeHost(target)} was cut: ${why}.`);
}

const tooLong = (target: Target): Refusal => malformed(target, 'its ClientHello is too long');
