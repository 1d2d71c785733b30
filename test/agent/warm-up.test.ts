import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Agent } from '../../src/agent/agent.ts';
import type { GateClient } from '../../src/agent/gate-client.ts';
import { Screen } from '../../src/agent/screen.ts';
import { warmUp } from '../../src/agent/warm-up.ts';
import type { Welcome } from '../../src/protocol/gate.ts';
import { temporaryFolder } from '../support/temporary.ts';

test('the agent goes the way to a first answer against a keeper that it plays itself, in time, and leaves nothing', async () => {
  const folder = await temporaryFolder();
  let drawn = '';
  const terminal = { columns: () => 80, hasColour: false, soon: (draw: () => void) => draw() };
  const screen = new Screen({
    ...terminal,
    write: (text) => {
      drawn += text;
    },
  });
  const live = async (gate: GateClient) => {
    const welcome = await gate.call<Welcome>('GET', '/agent/welcome');
    await new Agent(gate, welcome, { screen, resize: () => {} }).run();
    screen.flush();
  };
  expect(await warmUp(join(folder, 'gate.sock'), live)).toBe('warm');
  expect(drawn).toContain('Nothing.');
  expect(readdirSync(folder)).toEqual([]);
});
