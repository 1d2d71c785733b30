import { createInterface } from 'node:readline';
import { holdRole } from '../../../src/store/role.ts';

// Stands for a role each time it is told `go`, and resigns when it is told `resign`.
const { file } = JSON.parse(process.argv[2] ?? '{}');
let resign: (() => Promise<void>) | undefined;
process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'resign') {
    await resign?.();
    process.stdout.write('resigned\n');
    continue;
  }
  const outcome = await holdRole(file, { by: 'team' });
  if (outcome.held) resign = outcome.resign;
  process.stdout.write(`${line} ${outcome.held ? 'held' : `lost to ${outcome.holder?.pid}`}\n`);
}
