import { spawn, spawnSync } from 'node:child_process';
import type { Writable } from 'node:stream';

/** Gives a terminal back when its viewer was killed in a way that it could not notice. */
export interface TerminalGuard {
  /** The terminal is in raw mode now: what is not so any more at the viewer's death, somebody else has changed. */
  arm(): void;
  /** The viewer has given the terminal back by itself. */
  release(): void;
}

/**
 * Waits for the viewer's end of a pipe to close; the kernel does that before it tells the viewer's parent. Then it leaves the pane's modes, and puts
 * the terminal's settings back unless a shell has done so by itself.
 */
const SCRIPT = `
trap '' HUP INT TERM
raw=
while read -r word <&3; do
  case $word in
    armed) raw=$(stty -g) ;;
    released) exit 0 ;;
  esac
done
printf %s "$COWORK_LEAVE"
if [ -z "$raw" ] || [ "$(stty -g)" = "$raw" ]; then stty "$COWORK_SETTINGS"; fi
`;

/** How long `stty` may take to tell the terminal's settings, in milliseconds. */
const STTY_MS = 2_000;

/**
 * Starts the guard of the terminal at descriptors 0 and 1 of this process, before its settings are changed. `leave` is what a terminal must be
 * sent to be as it was. It is a shell in a session of its own, so that neither a signal to the viewer's group nor job control reaches it.
 * Where there is no `sh` or `stty`, there is no guard either.
 */
export function startGuard(leave: string): TerminalGuard {
  const { status, stdout } = spawnSync('stty', ['-g'], {
    stdio: ['inherit', 'pipe', 'ignore'],
    timeout: STTY_MS,
    encoding: 'utf8',
  });
  if (status !== 0) return { arm: () => undefined, release: () => undefined };
  const guard = spawn('sh', ['-c', SCRIPT, 'cowork-terminal-guard'], {
    detached: true,
    stdio: ['inherit', 'inherit', 'ignore', 'pipe'],
    env: { PATH: process.env.PATH, COWORK_LEAVE: leave, COWORK_SETTINGS: stdout.trim() },
  });
  const pipe = guard.stdio[3] as Writable & { unref(): void }; // the fourth entry above is a pipe
  guard.on('error', () => undefined); // no shell: the terminal is given back in all other ways
  pipe.on('error', () => undefined); // the guard was killed
  guard.unref();
  pipe.unref();
  return {
    arm: () => void pipe.write('armed\n'),
    release: () => void pipe.end('released\n'),
  };
}
