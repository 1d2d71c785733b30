import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { warmUp } from '../../src/agent/warm-up.ts';
import { temporaryFolder } from '../support/temporary.ts';

test('the agent goes the way to a first answer against a keeper that it plays itself, in time, and leaves nothing', async () => {
  const folder = await temporaryFolder();
  expect(await warmUp(join(folder, 'gate.sock'))).toBe('warm');
  expect(readdirSync(folder)).toEqual([]);
});
