import { createInterface } from 'node:readline';
import { openMailbox } from '../../../src/mailbox/mailbox.ts';
import { openFileBackend } from '../../../src/store/file-backend.ts';
import { openTaskList } from '../../../src/tasklist/tasklist.ts';

// A process of a team that does as it is told: one call a line, `{"on","name","args"}`, one answer a line. `open` begins anew.
const { segmentBytes } = JSON.parse(process.argv[2] ?? '{}');
let targets: Record<string, object> = {};

const open = (dir: string) => {
  const backend = openFileBackend(dir, { durable: false, segmentBytes });
  const mailbox = openMailbox(dir, { backend });
  targets = {
    mailbox,
    tasks: openTaskList(dir, { backend, isOwner: true, onMalformed: () => {} }),
    bob: mailbox.inbox('bob', { onMalformed: () => {} }),
    cy: mailbox.inbox('cy', { onMalformed: () => {} }),
  };
};

process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
  const { on, name, args } = JSON.parse(line);
  try {
    if (on === 'open') open(name);
    const method = (targets[on] as Record<string, (...args: unknown[]) => unknown>)?.[name];
    process.stdout.write(`ok ${JSON.stringify((await method?.(...args)) ?? null)}\n`);
  } catch (error) {
    process.stdout.write(`no ${JSON.stringify(String(error))}\n`);
  }
}
