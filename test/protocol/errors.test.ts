import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { toCoworkError } from '../../src/protocol/errors.ts';
import { temporaryFolder } from '../support/temporary.ts';

const thrownBy = (work: () => unknown): unknown => {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
};

test('what the file system refuses is told with the path, and not as a fault of cowork', async () => {
  const file = join(await temporaryFolder(), 'file');
  writeFileSync(file, '');
  const below = join(file, 'teams');
  for (const work of [() => mkdirSync(below), () => readdirSync(below)])
    expect(toCoworkError(thrownBy(work))).toMatchObject({
      code: 'FILE_FAILED',
      message: `${below} can't be used: not a directory.`,
      cause: { code: 'ENOTDIR' },
    });
  const full = thrownBy(() => writeFileSync('/dev/full', 'x'));
  expect(toCoworkError(full)).toMatchObject({ code: 'DISK_FULL', exitCode: 1 });
});

test('any other error is told as one of cowork, with its cause', () => {
  const error = new TypeError('x is not a function');
  expect(toCoworkError(error)).toMatchObject({
    code: 'INTERNAL',
    message: 'x is not a function',
    cause: error,
  });
  expect(toCoworkError('text')).toMatchObject({ code: 'INTERNAL', message: 'text' });
  // A program that is missing is no file of the home.
  const spawned = Object.assign(new Error('spawn x ENOENT'), {
    code: 'ENOENT',
    syscall: 'spawn x',
    path: 'x',
  });
  expect(toCoworkError(spawned)).toMatchObject({ code: 'INTERNAL' });
});
