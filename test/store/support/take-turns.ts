import { readFileSync, writeFileSync } from 'node:fs';
import { inTurn } from '../../../src/store/turn.ts';

// Counts up a number in a file so many times, each read and written in one turn. Dies in the middle of one when told so.
const { file, counter, times, dies } = JSON.parse(process.argv[2] ?? '{}');
process.stdout.write('ready\n');
for (let i = 0; i < times; i++) {
  await inTurn(file, 'team', async () => {
    const now = Number(readFileSync(counter, 'utf8'));
    await new Promise((resolve) => setImmediate(resolve));
    if (dies && i === Math.floor(times / 2)) process.kill(process.pid, 'SIGKILL');
    writeFileSync(counter, String(now + 1));
  });
}
process.stdout.write('done\n');
process.exit(0);
