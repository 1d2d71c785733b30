import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import type { Surroundings } from '../../src/cli/command.ts';
import { readLaunchRequest } from '../../src/cli/launch-request.ts';
import { temporaryFolder } from '../support/temporary.ts';

async function read(args: Record<string, unknown>, env: NodeJS.ProcessEnv = {}, input = '') {
  const home = await temporaryFolder();
  // Only what a launch looks at; a stream of a pipe instead of a terminal's.
  const surroundings = { env, home, stdin: Readable.from([input]) } as unknown as Surroundings;
  return readLaunchRequest({ job: 'Count the words, please', maxTurns: 10, ...args }, surroundings);
}

test('granted folders are named by their base names, with a number when a name is taken', async () => {
  const root = await temporaryFolder();
  for (const path of ['a/docs', 'b/docs', 'c/docs-2']) mkdirSync(join(root, path), { recursive: true });
  symlinkSync(join(root, 'a/docs'), join(root, 'link'));
  const grant = ['a/docs', 'b/docs:ro', 'c/docs-2:rw', 'link'].map((path) => join(root, path));
  expect((await read({ grant })).grants).toEqual([
    { name: 'docs', path: join(root, 'a/docs'), mode: 'rw' },
    { name: 'docs-2', path: join(root, 'b/docs'), mode: 'ro' },
    { name: 'docs-2-2', path: join(root, 'c/docs-2'), mode: 'rw' },
    { name: 'docs-3', path: join(root, 'a/docs'), mode: 'rw' },
  ]);
});

test('a colon that belongs to the folder is no mode', async () => {
  const root = await temporaryFolder();
  mkdirSync(join(root, 'x:notes'));
  expect((await read({ grant: [join(root, 'x:notes')] })).grants).toMatchObject([
    { name: 'x:notes', mode: 'rw' },
  ]);
});

test('a team has the image that is asked for, and without a machine none', async () => {
  expect(await read({})).not.toHaveProperty('image');
  expect((await read({ image: 'office' })).image).toBe('office');
  await expect(read({ image: 'office', sandbox: 'none' })).rejects.toMatchObject({ code: 'USAGE' });
});

test('a team without a name gets one from its job', async () => {
  expect((await read({})).name).toBe('count-the-words');
  expect((await read({ job: '日本語' })).name).toBe('job');
  expect((await read({ job: 'Lead' })).name).toBe('job');
  expect((await read({ job: `${'x'.repeat(100)}` })).name).toBe('x'.repeat(40));
});

test('teammates are counted or named, with what they are', async () => {
  expect((await read({})).teammates.map(({ name }) => name)).toEqual(['ada', 'ben', 'cleo']);
  expect((await read({ teammates: 0 })).teammates).toEqual([]);
  expect(new Set((await read({ teammates: 64 })).teammates.map(({ name }) => name)).size).toBe(64);
  expect((await read({ teammate: ['zoe:tester: slow', 'max'] })).teammates).toEqual([
    { name: 'zoe', title: 'tester: slow' },
    { name: 'max', title: 'teammate' },
  ]);
});

test('the model of a flag goes before that of the environment, and the lead has its own', async () => {
  const models = ({ model, leadModel }: { model: string; leadModel: string }) => [model, leadModel];
  expect(models(await read({}, { COWORK_MODEL: 'env' }))).toEqual(['env', 'env']);
  expect(models(await read({ model: 'flag' }, { COWORK_MODEL: 'env' }))).toEqual(['flag', 'flag']);
  expect(models(await read({ model: 'flag', leadModel: 'big' }))).toEqual(['flag', 'big']);
});

test('a job is read from stdin with -', async () => {
  expect((await read({ job: undefined, jobFile: '-' }, {}, ' From a pipe.\n')).job).toBe('From a pipe.');
});

test('hosts are kept in one form each, and what is none is refused', async () => {
  const { allowHosts } = await read({
    allowHost: ['Example.COM', 'example.com.', '*.docs.example:8443', '[0::1]:80'],
  });
  expect(allowHosts).toEqual(['example.com', '*.docs.example:8443', '[::1]:80']);
  await expect(read({ allowHost: ['https://example.com'] })).rejects.toMatchObject({ code: 'HOST_INVALID' });
});
