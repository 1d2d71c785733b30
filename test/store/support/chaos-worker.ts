import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { openMailbox } from '../../../src/mailbox/mailbox.ts';
import { openFileBackend } from '../../../src/store/file-backend.ts';
import { openTaskList } from '../../../src/tasklist/tasklist.ts';

// One agent in the chaos: does tasks, writes to the others, acknowledges what it gets, edits the list, until it is told that all is done.
const { dir, by, incarnation, peers, messages, skewMs, segmentBytes } = JSON.parse(process.argv[2] ?? '{}');
const clock = () => Date.now() + skewMs;
const backend = openFileBackend(dir, { durable: false, segmentBytes });
const mailbox = openMailbox(dir, { backend, clock });
const tasks = openTaskList(dir, { backend, clock });
const inbox = mailbox.inbox(by, { onMalformed: () => {} });
const me = { by, incarnation };
const progress = `${dir}/progress-${by}`;
let sent = existsSync(progress) ? Number(readFileSync(progress, 'utf8')) : 0;

while (!existsSync(`${dir}/over`)) {
  const claim = await tasks.claim(me);
  if (!claim.won && claim.reason === 'stale') process.exit(4);
  if (claim.won) {
    const { id } = claim.task;
    if (Number(id.slice(1)) % 10 === 0)
      await tasks.edit({ ...me, id, description: `by ${by}` }).catch(() => {});
    await tasks.update({ ...me, id, state: 'completed', result: by });
  }
  for (let i = 0; i < 10 && sent < messages; i++) {
    const to = peers[sent % peers.length];
    await mailbox.send({ from: by, to, text: `${sent}`, incarnation, key: `${sent}` });
    sent++;
  }
  writeFileSync(progress, String(sent));
  const seqs = (await inbox.read()).map(({ seq }) => seq);
  if (seqs.length > 0) await inbox.mark('acked', seqs);
  else if (!claim.won && sent >= messages) await delay(20);
}
process.exit(0);
