import type net from 'node:net';

/** What PID 1 of the guest can say, one line each; the guest is not trusted, so anything else is dropped. */
export type StatusLine =
  | { kind: 'step'; name: string; detail?: string }
  | { kind: 'gate closed' }
  /** It wants the time of day. */
  | { kind: 'clock' }
  /** The answer to `busy?`: programs that run beside the agent, none for `quiet`. */
  | { kind: 'busy'; programs: string[] }
  /** The agent of a machine that is nobody's yet is done with what `warm-up` asked for. */
  | { kind: 'warm' }
  | { kind: 'exited'; code: number };

const LONGEST_LINE = 512;

/** Reads the status port line by line; a line that is too long is cut, one that makes no sense is dropped. */
export function readStatus(socket: net.Socket, onLine: (line: StatusLine) => void): void {
  let rest = '';
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = (lines.pop() ?? '').slice(0, LONGEST_LINE);
    for (const line of lines) {
      const parsed = parse(line.slice(0, LONGEST_LINE));
      if (parsed) onLine(parsed);
    }
  });
  socket.resume();
}

function parse(line: string): StatusLine | undefined {
  if (/^(kernel up|root mounted|agent waiting|begun|files mounted|agent started)$/.test(line))
    return { kind: 'step', name: line };
  const failed = /^files failed ([\x20-\x7e]*)$/.exec(line);
  if (failed) return { kind: 'step', name: 'files failed', detail: failed[1] ?? '' };
  if (line === 'gate closed') return { kind: 'gate closed' };
  if (line === 'clock?') return { kind: 'clock' };
  if (line === 'warm') return { kind: 'warm' };
  if (line === 'quiet') return { kind: 'busy', programs: [] };
  const busy = /^busy ([\w. -]+)$/.exec(line)?.[1];
  if (busy) return { kind: 'busy', programs: busy.split(' ') };
  const exited = /^agent exited (\d{1,3})$/.exec(line);
  return exited ? { kind: 'exited', code: Number(exited[1]) } : undefined;
}
