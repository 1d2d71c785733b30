import { appendFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { CoworkError } from '../../../src/protocol/errors.ts';
import { withLock } from '../../../src/store/lock.ts';

// Takes a lock `rounds` times, writing `in` and `out` to a log inside it; with `holdMs` it stays for so long.
const { file, log, rounds = 1, holdMs = 0, name } = JSON.parse(process.argv[2] ?? '{}');
for (let i = 0; i < rounds; i++) {
  try {
    await withLock(
      file,
      async ({ assertHeld }) => {
        appendFileSync(log, `in ${name}\n`);
        process.stdout.write('held\n');
        await delay(holdMs);
        assertHeld();
        appendFileSync(log, `out ${name}\n`);
      },
      { timeoutMs: 30_000 },
    );
  } catch (error) {
    process.stdout.write(`failed ${error instanceof CoworkError ? error.code : String(error)}\n`);
  }
}
process.stdout.write('done\n');
