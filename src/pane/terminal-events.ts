import type { ReadStream, WriteStream } from 'node:tty';

/** How a full-screen view was ended: the person left, from outside, or the terminal is gone. */
export type ViewEnd =
  | { reason: 'detached' | 'hangup' | 'aborted' }
  /** The caller ends the process by this signal. */
  | { reason: 'signal'; signal: NodeJS.Signals };

export interface TerminalEvents {
  keys: (data: Buffer) => void;
  /** The terminal has another size, or a shell has had it in between. */
  resized: () => void;
  ended: (end: ViewEnd) => void;
}

const SIGNALS = ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT'] as const;

/** Listens to a terminal in raw mode, and to what ends a view on it. Disposing lets go of it; keys are not read any more then. */
export function listenTerminal(
  { stdin, stdout, signal }: { stdin: ReadStream; stdout: WriteStream; signal?: AbortSignal | undefined },
  events: TerminalEvents,
): Disposable {
  const onHangup = (): void => events.ended({ reason: 'hangup' });
  const onAbort = (): void => events.ended({ reason: 'aborted' });
  const onSignal = (name: NodeJS.Signals): void => events.ended({ reason: 'signal', signal: name });
  const onContinue = (): void => {
    stdin.setRawMode(true);
    events.resized();
  };
  stdin.on('data', events.keys).on('end', onHangup).on('error', onHangup);
  stdout.on('error', onHangup).on('resize', events.resized);
  process.on('SIGCONT', onContinue);
  for (const name of SIGNALS) process.on(name, onSignal);
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted === true) onAbort();
  else stdin.resume();
  return {
    [Symbol.dispose]() {
      stdin.off('data', events.keys).off('end', onHangup).off('error', onHangup);
      stdin.pause();
      stdout.off('resize', events.resized);
      process.off('SIGCONT', onContinue);
      for (const name of SIGNALS) process.off(name, onSignal);
      signal?.removeEventListener('abort', onAbort);
      // What is still written to a terminal that is gone must not end the process otherwise than it ends.
      stdout.off('error', onHangup).on('error', () => undefined);
    },
  };
}
