import { appendFileSync, readFileSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { renderFigures } from '../../src/cli/render-figures.ts';
import { FORMAT } from '../../src/protocol/format.ts';
import { holdRole } from '../../src/store/role.ts';
import { createFigures, SAMPLES_MAX } from '../../src/supervisor/figures.ts';
import { NEW_AGENT, writeAgentRecord } from '../../src/team/agent-record.ts';
import { readFigures, seriesOf } from '../../src/team/figures.ts';
import { figuresFile, keeperRoleFile } from '../../src/team/paths.ts';
import { readTeam } from '../../src/team/team.ts';
import { rosterEntry, teamFiles } from '../support/team-files.ts';

/** A team with one agent whose machine is this very process, and a clock of its own. */
async function withAgent() {
  const dir = await teamFiles({ agents: ['lead', 'ada'].map(rosterEntry) });
  await holdRole(keeperRoleFile(dir, 'ada'), { by: 'ada', incarnation: 1, durable: false });
  let time = 0;
  const note = createFigures({ dir, now: () => time });
  return {
    dir,
    use: (output: number, costUsd: number) =>
      writeAgentRecord(dir, 'ada', {
        ...NEW_AGENT,
        ...{ incarnation: 1, pid: process.pid, vmPid: process.pid, costUsd },
        tokens: { input: 10, output, cacheRead: 5, cacheWrite: 5 },
      }),
    /** Notes once more, so many milliseconds later. */
    after: async (ms: number) => {
      time += ms;
      await note(readTeam(dir));
    },
    again: () => createFigures({ dir, now: () => time }),
  };
}

describe('what agents use over time', () => {
  it('is noted every two seconds: sums of tokens and money, and what the machine takes just then', async () => {
    const { dir, use, after } = await withAgent();
    await use(100, 0.25);
    await after(0);
    await after(1_999);
    await use(300, 0.5);
    await after(1);
    const records = readFigures(dir);
    expect(records.map(({ everyMs }) => everyMs)).toEqual([2_000, 2_000]);
    for (const record of records) FORMAT['figures-record'].parse(record);
    const [first, second] = records.map(({ agents }) => agents.ada);
    expect(first).toMatchObject({ tokensIn: 20, tokensOut: 100, costUsd: 0.25, cpu: null });
    expect(second).toMatchObject({ tokensIn: 20, tokensOut: 300, costUsd: 0.5 });
    expect(second?.memory).toBeGreaterThan(1024 * 1024);
    expect(second?.cpu).toBeGreaterThanOrEqual(0);
    expect(records[1]?.agents.lead).toEqual({
      tokensIn: 0,
      tokensOut: 0,
      costUsd: 0,
      cpu: null,
      memory: null,
    });
  });

  it('goes on from the file when another supervisor comes, and a torn line costs that moment only', async () => {
    const { dir, use, after, again } = await withAgent();
    await use(1, 0);
    await after(0);
    appendFileSync(figuresFile(dir), '\n{"v":1,"id":"torn');
    await again()(readTeam(dir));
    expect(readFigures(dir)).toHaveLength(2);
  });

  it('never fills more than its moments: two become one, and it is noted half as often', async () => {
    const { dir, use, after } = await withAgent();
    for (let n = 0; n <= SAMPLES_MAX; n++) {
      if (n % 100 === 0) await use(n, 0);
      await after(2_000);
    }
    const records = readFigures(dir);
    expect(records).toHaveLength(Math.ceil((SAMPLES_MAX + 1) / 2));
    expect(records.at(-1)).toMatchObject({ everyMs: 4_000, agents: { ada: { tokensOut: SAMPLES_MAX } } });
    const size = statSync(figuresFile(dir)).size;
    await after(2_000);
    expect(statSync(figuresFile(dir)).size).toBe(size);
    await after(2_000);
    expect(readFigures(dir)).toHaveLength(records.length + 1);
    expect(readFileSync(figuresFile(dir), 'utf8').length).toBeLessThan(SAMPLES_MAX * 400);
  });

  it('is a line for each agent, of as many moments as are asked for, the newest among them', async () => {
    const { dir, use, after } = await withAgent();
    for (let n = 1; n <= 9; n++) {
      await use(n * 10, n);
      await after(2_000);
    }
    const { at, agents } = seriesOf(readFigures(dir), 4);
    expect(at).toHaveLength(3);
    expect(agents.ada?.costUsd).toEqual([3, 6, 9]);
    const shown = renderFigures('mine', seriesOf(readFigures(dir)));
    expect(shown).toMatch(/ada {4}\S+█ 110 +\S+█ 9\.00 USD/);
    expect(renderFigures('mine', { at: [], agents: {} })).toContain('nothing was noted yet');
  });
});
