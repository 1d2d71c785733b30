import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { refuse } from '../../src/files/errno.ts';
import type { Change, Policy } from '../../src/files/policy.ts';
import { O, SET, T, text, u32 } from './client.ts';
import { refused, serving } from './serving.ts';

const [EPERM, EBADF] = [1, 9];

/** A policy that shows what it is asked and answers when the test says so. */
function gate() {
  const asked: { change: Change; allow(): void; deny(): void }[] = [];
  const policy: Policy = {
    before: (change) =>
      new Promise<void>((resolve, reject) => {
        const deny = () => {
          try {
            refuse(EPERM);
          } catch (error) {
            reject(error);
          }
        };
        asked.push({ change, allow: resolve, deny });
      }),
  };
  return { asked, policy: () => policy };
}

test('a change waits for the policy, everything else goes on, and a refusal changes nothing', async () => {
  const { asked, policy } = gate();
  const { client, work } = await serving([], policy);
  fs.writeFileSync(join(work, 'a'), 'text');
  const removed = client.unlink('grants/work/a');
  const denied = expect(removed).rejects.toEqual(refused(EPERM));
  expect(String(await client.readFile('grants/work/a'))).toBe('text');
  expect(asked.map(({ change }) => [change.kind, change.path])).toEqual([['remove', 'a']]);
  asked[0]?.deny();
  await denied;
  const moved = client.rename('grants/work/a', 'grants/work/b');
  await client.stat('grants/work/a');
  expect(asked[1]?.change).toMatchObject({ kind: 'rename', path: 'a', to: 'b' });
  expect(fs.readFileSync(asked[1]?.change.file ?? '', 'utf8')).toBe('text');
  asked[1]?.allow();
  await moved;
  expect(fs.readdirSync(work)).toEqual(['b']);
});

test('a fid that is given back while its change waits is not touched any more', async () => {
  const { asked, policy } = gate();
  const { client, work } = await serving([], policy);
  fs.writeFileSync(join(work, 'a'), 'text');
  const [file, directory] = [await client.walk('grants/work/a'), await client.walk('grants/work')];
  const late = [
    client.lopen(file, O.rdwr | O.trunc),
    client.setattr(file, SET.size, { size: 0 }),
    client.request(T.lcreate, u32(directory), text('new'), u32(O.rdwr), u32(0o644), u32(0)),
  ].map((request) => expect(request).rejects.toEqual(refused(EBADF)));
  await client.clunk(file);
  await client.clunk(directory);
  expect(asked).toHaveLength(3);
  for (const { allow } of asked) allow();
  await Promise.all(late);
  expect(fs.readFileSync(join(work, 'a'), 'utf8')).toBe('text');
  expect(fs.readdirSync(work)).toEqual(['a']);
});

test('a change that still waits when the connection ends is answered to nobody and gives its files back', async () => {
  const { asked, policy } = gate();
  const { dial } = await serving([], policy);
  const { socket, served } = await dial();
  const { Client } = await import('./client.ts');
  const client = await Client.connect(socket);
  const made = client.mkdir('grants/work/d').catch(() => 'ended');
  while (asked.length === 0) await client.stat('grants/work');
  socket.destroy();
  asked[0]?.allow();
  await served;
  expect(await made).toBe('ended');
});
