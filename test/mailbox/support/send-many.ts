import { openMailbox } from '../../../src/mailbox/mailbox.ts';

// Waits for a line on stdin, then sends `count` messages; with `keyed` all senders use the same keys under one name.
const { teamDir, from, to, count, keyed = false, durable = false } = JSON.parse(process.argv[2] ?? '{}');
const mailbox = openMailbox(teamDir, { durable });
process.stdout.write('ready\n');
await new Promise((resolve) => process.stdin.once('data', resolve));
for (let i = 1; i <= count; i++) {
  const sent = await mailbox.send({
    ...{ from: keyed ? 'ann' : from, to, text: `${i} from ${from}`, incarnation: 1 },
    ...(keyed ? { key: `key-${i}` } : {}),
  });
  process.stdout.write(`sent ${i} ${sent.id} ${sent.seq}\n`);
}
process.stdout.write('done\n');
process.exit(0);
