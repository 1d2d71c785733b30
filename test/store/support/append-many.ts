import { openJournal } from '../../../src/store/journal.ts';
import { note } from './records.ts';

// Appends records until it has written `count`, and prints the number of each that was acknowledged.
const { file, by, count, durable } = JSON.parse(process.argv[2] ?? '{}');
const journal = openJournal(file, { durable });
for (let i = 1; i <= count; i++) {
  await journal.append(note(`${i} ${'x'.repeat(i % 700)}`, by));
  process.stdout.write(`${i}\n`);
}
process.stdout.write('done\n');
