import http2, { type ClientHttp2Stream } from 'node:http2';
import net from 'node:net';

/** Where programs in the guest find their way out; `HTTP_PROXY` and `HTTPS_PROXY` name it. */
export const PROXY_PORT = 3128;

/** Connections that are carried at a time; the gate takes no more, and the agent needs streams of its own. Others wait. */
const CARRIED_MAX = 32;

/**
 * Carries what programs say to their HTTP proxy over to the gate, which reads it on the host. Nothing is understood here: JavaScript is
 * slow under emulation, and a check in the guest would protect nobody from the guest. `at` is a port of loopback, or the path of a socket.
 */
export function serveProxy(open: () => ClientHttp2Stream, at: number | string = PROXY_PORT): net.Server {
  let carried = 0;
  const waiting: net.Socket[] = [];
  const next = (): void => {
    if (carried >= CARRIED_MAX) return;
    const program = waiting.shift();
    if (program === undefined) return;
    if (program.destroyed) {
      next();
      return;
    }
    carried++;
    carry(program, open()).once('close', () => {
      carried--;
      next();
    });
  };
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (program) => {
    program.on('error', () => program.destroy()); // it has left
    waiting.push(program);
    next();
  });
  server.on('error', () => {}); // without it programs are refused by the kernel, with fewer words
  if (typeof at === 'string') server.listen(at);
  else server.listen(at, '127.0.0.1');
  server.unref();
  return server;
}

function carry(program: net.Socket, gate: ClientHttp2Stream): ClientHttp2Stream {
  gate.on('error', () => {}); // 'close' follows
  gate.once('close', () => {
    if (gate.rstCode !== 0)
      program.resetAndDestroy(); // an end that was cut has to look cut
    else if (!program.writableEnded) program.destroy();
  });
  program.once('close', (isBroken) => gate.close(isBroken ? http2.constants.NGHTTP2_CANCEL : undefined));
  program.pipe(gate);
  gate.pipe(program);
  return gate;
}
