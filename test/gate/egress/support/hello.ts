import { randomBytes } from 'node:crypto';
import { Duplex } from 'node:stream';
import tls from 'node:tls';
import { eventually } from '../../../support/eventually.ts';

/** What Node's TLS sends first when it is asked for a host. */
export async function realHello(options: tls.ConnectionOptions): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const socket = new Duplex({
    read() {},
    write(chunk, _, done) {
      chunks.push(chunk);
      done();
    },
  });
  const client = tls.connect({ socket, ...options });
  client.on('error', () => {});
  await eventually('the hello', () => chunks.length > 0);
  client.destroy();
  return Buffer.concat(chunks);
}

interface HelloParts {
  names?: string[];
  /** Type and content of more extensions. */
  extensions?: [type: number, content: Buffer][];
}

/** A ClientHello made by hand, as the content of its records. */
export function helloMessage({ names = [], extensions = [] }: HelloParts): Buffer {
  const list = Buffer.concat(
    names.map((name) => Buffer.concat([Buffer.from([0]), sized(2, Buffer.from(name))])),
  );
  const all: [number, Buffer][] = names.length === 0 ? extensions : [[0, sized(2, list)], ...extensions];
  const body = Buffer.concat([
    ...[Buffer.from([3, 3]), randomBytes(32), sized(1, randomBytes(32)), sized(2, Buffer.from([0x13, 0x01]))],
    sized(1, Buffer.from([0])),
    sized(
      2,
      Buffer.concat(all.map(([type, content]) => Buffer.concat([number(2, type), sized(2, content)]))),
    ),
  ]);
  return Buffer.concat([Buffer.from([1]), sized(3, body)]);
}

/** Bytes as TLS records of a type, cut into pieces of a size. */
export function records(type: number, content: Buffer, size = 16_384): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < content.length; at += size) {
    pieces.push(Buffer.from([type, 3, 1]), sized(2, content.subarray(at, at + size)));
  }
  return Buffer.concat(pieces);
}

const sized = (bytes: number, content: Buffer): Buffer =>
  Buffer.concat([number(bytes, content.length), content]);

function number(bytes: number, value: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(value, 0, bytes);
  return buffer;
}
