import { appendFileSync } from 'node:fs';
import { openTaskList } from '../../../src/tasklist/tasklist.ts';

// Claims and completes tasks until none is open; notes each claim that it won in a file of its own.
const { teamDir, by, incarnation, won, durable = false } = JSON.parse(process.argv[2] ?? '{}');
const tasks = openTaskList(teamDir, { durable });
process.stdout.write('ready\n');
await new Promise((resolve) => process.stdin.once('data', resolve));
let lost = 0;
for (;;) {
  const claim = await tasks.claim({ by, incarnation });
  if (!claim.won) {
    if (claim.reason === 'none') break;
    lost++;
    continue;
  }
  appendFileSync(won, `${claim.task.id} ${claim.token}\n`);
  const outcome = await tasks.update({ by, incarnation, id: claim.task.id, state: 'completed', result: by });
  if (!outcome.ok) process.stdout.write(`refused ${claim.task.id} ${outcome.refusal.code}\n`);
}
process.stdout.write(`done ${lost}\n`);
process.exit(0);
