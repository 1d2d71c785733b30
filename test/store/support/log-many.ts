import { openFileLog } from '../../../src/store/file-log.ts';
import { note, parseNote } from './records.ts';

// Appends records until it has written `count`, sealing as it goes, and prints the number of each that was acknowledged.
const { file, by, count, segmentBytes, durable = false } = JSON.parse(process.argv[2] ?? '{}');
const log = openFileLog(file, parseNote, { segmentBytes, durable });
for (let i = 1; i <= count; i++) {
  const tail = await log.claim(note(`${i}`, by));
  await log.sync();
  if (!tail.records.some((record) => record.by === by && record.text === `${i}`)) process.exit(3);
  process.stdout.write(`${i}\n`);
}
