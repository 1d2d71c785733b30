import type { Duplex } from 'node:stream';
import { ReadBuffer, serializeMessage, type Transport } from '@modelcontextprotocol/client';

/** Largest message that a server may send, bytes. */
const MESSAGE_MAX = 8 * 1024 * 1024;

/** A transport that knows whether the server has ended it. */
export interface PipeTransport extends Transport {
  hasEnded: boolean;
}

/**
 * Speaks with a server over the stdin and stdout of a process that runs elsewhere: one JSON object a line. Lines that are no
 * messages are skipped; a message that is too large ends the connection.
 */
export function pipeTransport(wire: Duplex): PipeTransport {
  const buffer = new ReadBuffer({ maxBufferSize: MESSAGE_MAX });
  let isClosed = false;
  const end = (): void => {
    if (isClosed) return;
    isClosed = true;
    wire.destroy();
    transport.onclose?.();
  };
  const read = (chunk: Buffer): void => {
    try {
      buffer.append(chunk);
    } catch (error) {
      transport.onerror?.(error as Error); // the SDK throws errors only
      end();
      return;
    }
    while (!isClosed) {
      try {
        const message = buffer.readMessage();
        if (message === null) return;
        transport.onmessage?.(message);
      } catch (error) {
        // A line of JSON that is no message; what follows it may be one.
        transport.onerror?.(error as Error);
      }
    }
  };
  const ended = (): void => {
    if (!isClosed) transport.hasEnded = true;
    end();
  };
  const transport: PipeTransport = {
    hasEnded: false,
    start: async () => {
      wire.on('data', read);
      wire.once('end', ended);
      wire.once('close', ended);
      wire.on('error', ended);
    },
    send: (message) =>
      new Promise((resolve, reject) => {
        if (isClosed) return reject(new Error('the server has ended'));
        wire.write(serializeMessage(message), (error) => (error ? reject(error) : resolve()));
      }),
    close: async () => end(),
  };
  return transport;
}
