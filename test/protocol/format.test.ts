import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { openMailbox } from '../../src/mailbox/mailbox.ts';
import { parseInboxRecord } from '../../src/mailbox/records.ts';
import { FORMAT } from '../../src/protocol/format.ts';
import { parseRecord } from '../../src/store/record.ts';
import { isSealed } from '../../src/store/segments.ts';
import { parseTaskRecord } from '../../src/tasklist/records.ts';
import { openTaskList } from '../../src/tasklist/tasklist.ts';
import { hashFolder } from '../store/support/hash-folder.ts';
import { temporaryFolder } from '../support/temporary.ts';

const script = join(import.meta.dirname, '../../scripts/conformance.mjs');
const check = (dir: string) => spawnSync(process.execPath, [script, dir], { encoding: 'utf8' });

/** A team's folder with some of everything in its logs. */
async function someTeam(): Promise<string> {
  const dir = await temporaryFolder();
  const mailbox = openMailbox(dir, { durable: false });
  const ann = { from: 'ann', to: 'bob', incarnation: 1 };
  await mailbox.send({ ...ann, text: 'one', key: 'k' });
  await mailbox.send({ ...ann, text: 'x'.repeat(40_000) });
  await mailbox.markUndeliverable({ agent: 'bob', reason: 'stopped' });
  await mailbox.markDeliverable({ agent: 'bob' });
  const inbox = mailbox.inbox('bob');
  await inbox.read();
  await inbox.mark('seen', [1]);
  const tasks = openTaskList(dir, { durable: false });
  const bob = { by: 'bob', incarnation: 1 };
  await tasks.create({ by: 'lead', incarnation: 1, subject: 'one', needs: ['evidence'] });
  await tasks.create({ by: 'lead', incarnation: 1, subject: 'two', dependsOn: ['t1'] });
  await tasks.claim(bob);
  await tasks.update({ ...bob, id: 't1', state: 'completed', evidence: { command: 'true', exitCode: 0 } });
  await tasks.edit({ by: 'user', incarnation: 0, id: 't2', owner: 'bob' });
  await tasks.cancel({ by: 'user', incarnation: 0, id: 't2', reason: 'no' });
  await tasks.releaseIncarnation({ agent: 'bob', incarnation: 1, reason: 'over' });
  const team = {
    ...{ v: 1, revision: 1, name: 'a', job: 'j', created: '2026-01-01T00:00:00.000Z', phase: 'running' },
    ...{ ended: null, summary: null, sandbox: 'none', grants: [], agents: [] },
  };
  writeFileSync(join(dir, 'team.json'), JSON.stringify(team), { mode: 0o600 });
  return dir;
}

const linesOf = (file: string) => readFileSync(file, 'utf8').split('\n').filter(Boolean);

describe('the shapes of the format and the checks of the journals', () => {
  test.each([
    ['inbox-record', 'mailbox/bob/inbox.jsonl', parseInboxRecord],
    ['task-record', 'tasks/journal.jsonl', parseTaskRecord],
  ] as const)(
    'come to the same verdict on every record of %s, whole or changed',
    async (shape, file, parse) => {
      const dir = await someTeam();
      const byHand = (text: string): boolean => {
        const head = parseRecord(text);
        return 'record' in head && (isSealed(head.record) || 'record' in parse(head.record));
      };
      const byShape = (text: string): boolean => FORMAT[shape].safeParse(JSON.parse(text)).success;
      const lines = linesOf(join(dir, file));
      expect(lines.length).toBeGreaterThan(3);
      for (const line of lines) expect([byHand(line), byShape(line)], line).toEqual([true, true]);
      const oddities = fc.constantFrom<unknown>(
        null,
        undefined,
        0,
        -1,
        1.5,
        '',
        'x',
        [],
        ['t1'],
        [1],
        {},
        true,
        { pid: 1 },
      );
      fc.assert(
        fc.property(fc.nat(), fc.nat(), oddities, (which, field, oddity) => {
          const record = JSON.parse(lines[which % lines.length] ?? '{}');
          const names = Object.keys(record);
          record[names[field % names.length] ?? ''] = oddity;
          const text = JSON.stringify(record);
          expect(byHand(text), text).toBe(byShape(text));
        }),
        { numRuns: 1000 },
      );
    },
  );
});

describe('the check of a folder', () => {
  it('finds nothing in what cowork wrote, and changes nothing', async () => {
    const dir = await someTeam();
    const before = hashFolder(dir);
    expect(check(dir)).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^\d+ files, \d+ records, 0 problems\n$/),
    });
    expect(hashFolder(dir)).toBe(before);
  });

  it('names each thing that is wrong, with its place', async () => {
    const dir = await someTeam();
    const inbox = join(dir, 'mailbox/bob/inbox.jsonl');
    const size = readFileSync(inbox).length;
    appendFileSync(inbox, '\n{"v":1,"id":"torn"\n');
    const [line = '{}'] = linesOf(inbox);
    appendFileSync(inbox, `\n${JSON.stringify({ ...JSON.parse(line), id: 'astray', to: 'cy' })}\n`);
    writeFileSync(
      join(dir, 'mailbox/bob/cursor.json'),
      JSON.stringify({
        ...{
          v: 1,
          delivered: { upTo: 99, beyond: [] },
          seen: { upTo: 0, beyond: [] },
          acked: { upTo: 0, beyond: [] },
        },
      }),
    );
    chmodSync(join(dir, 'team.json'), 0o644);
    const { status, stdout } = check(dir);
    expect(status).toBe(1);
    expect(stdout).toMatch(
      new RegExp(`^mailbox/bob/inbox\\.jsonl:\\d+: not JSON: .* \\(byte ${size + 1}\\)$`, 'm'),
    );
    expect(stdout).toContain('message astray is to cy and stands in the inbox of bob');
    expect(stdout).toContain('delivered names message 99 of 3');
    expect(stdout).toContain('team.json: others may read or write it (644)');
    expect(stdout).toMatch(/\d+ files, \d+ records, 4 problems\n$/);
  });

  it('reads what the writer in Python wrote, and says what it can not read', async () => {
    const dir = await someTeam();
    const folder = join(dir, 'mailbox', 'cy');
    mkdirSync(folder, { mode: 0o700 });
    execFileSync('python3', [join(import.meta.dirname, '../store/foreign_writer.py'), folder, 'user', '5']);
    expect(check(dir)).toMatchObject({ status: 0 });
    expect((await openMailbox(dir).log({ agent: 'cy' })).map(({ text }) => text)).toEqual([
      '1',
      '2',
      '3',
      '4',
      '5',
    ]);
    expect(spawnSync(process.execPath, [script, join(dir, 'nothing')], { encoding: 'utf8' })).toMatchObject({
      status: 2,
    });
  });
});
