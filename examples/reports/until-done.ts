import { insist, type Step, say } from '../../src/model/rehearsal/script.ts';
import type { Turn } from '../../src/model/rehearsal/turn.ts';

/** How often a command that is not done yet is called again; a call waits for more than a minute. */
const CALLS_MAX = 12;

/** Runs a command in the shell again and again while it says that it wants to be. */
export function* untilDone(text: string, command: string): Generator<Step, Turn, Turn> {
  for (let calls = 1; ; calls++) {
    const turn = yield* insist(
      say(text).call('bash', { command: calls === 1 ? command : `${command} # again, ${calls}` }),
    );
    if (!/Run the same command again\./.test(turn.results[0]?.text ?? '') || calls >= CALLS_MAX) return turn;
  }
}
