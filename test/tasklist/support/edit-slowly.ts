import { openTaskJournal } from '../../../src/tasklist/journal.ts';

// Takes the list's lock, waits inside it to be told, and then edits with the fence that it got.
const { teamDir } = JSON.parse(process.argv[2] ?? '{}');
const journal = openTaskJournal(teamDir, {});
const writer = { by: 'user', incarnation: 0 };
const verdict = await journal.commitLocked(writer, (list, fence) => {
  const seen = list.entries.get('t1')?.subject;
  process.stdout.write(`inside ${seen}\n`);
  // A busy process, not one that waits: its timers do not run, so only the checks at the write can stop it.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
  return { type: 'edit', task: 't1', fence, subject: `${seen} and slow` };
});
process.stdout.write(`verdict ${verdict.counts ? 'counts' : verdict.code}\n`);
process.exit(0);
