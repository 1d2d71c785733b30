import type http2 from 'node:http2';
import { Duplex } from 'node:stream';

/**
 * An HTTP/2 stream as a socket for Node's HTTP/1 server. Every write is given on as bytes and alone: when that server wrote a text and a
 * buffer at once to the stream itself, the first 16 bytes of an answer came out as bytes of other memory (seen with Node 24.21;
 * `test/agent/proxy.test.ts` fails without this).
 */
export function bytesOnly(stream: http2.ServerHttp2Stream): Duplex {
  const socket = new Duplex({
    allowHalfOpen: true,
    decodeStrings: true,
    read: () => void stream.resume(),
    write: (chunk: Buffer, _, done) => void stream.write(chunk, done),
    final: (done) => void stream.end(done),
    destroy: (error, done) => {
      // With an error, since the other end takes what was cut without one for what is finished.
      stream.destroy(stream.writableFinished ? undefined : new Error('the connection was cut'));
      done(error);
    },
  });
  stream.on('data', (chunk: Buffer) => {
    if (!socket.push(chunk)) stream.pause();
  });
  stream.once('end', () => socket.push(null));
  stream.once('error', (error) => socket.destroy(error));
  stream.once('close', () => socket.destroy());
  stream.pause();
  return socket;
}
