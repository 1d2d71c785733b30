import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { canMount, fillDisk } from '../store/support/small-disk.ts';
import { openDesk } from '../support/cowork.ts';
import { eventually } from '../support/eventually.ts';
import { launch } from '../support/team.ts';

test.runIf(canMount)(
  'on a full disk stop ends every process of a team, and says what could not be written',
  { timeout: 180_000 },
  async () => {
    const desk = openDesk();
    mkdirSync(desk.home);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m,mode=0700', 'cowork-test', desk.home]);
    onTestFinished(() => void execFileSync('umount', ['-l', desk.home]));
    const team = await launch('puppet', ['--teammates', '2'], desk);
    // Somebody is at work, with a program of its own.
    await team.send('ada', JSON.stringify({ steps: [[['bash', { command: 'sleep 1000' }]]] }));
    await eventually('the program to run', () =>
      team.processes().some(({ command }) => command === 'sleep 1000'),
    );
    const ballast = fillDisk(desk.home);

    const refused = await team.refusal('stop');
    expect(refused.code).toBe('DISK_FULL');
    expect(refused.message).toContain(`The processes of team "${team.name}" have ended`);
    expect(refused.hint).toContain(`cowork stop -t ${team.name}`);
    expect(team.processes()).toEqual([]);

    rmSync(ballast);
    await team.json('stop');
    expect(await team.status()).toMatchObject({ state: 'stopped' });
    expect(team.processes()).toEqual([]);
    // Nothing was half-written: it comes back and goes on.
    await team.json('resume');
    const [step] = await (await team.begin('ben', [[['bash', { command: 'echo there again' }]]])).done(
      60_000,
    );
    expect(step?.results[0]?.text).toContain('there again');
    await team.json('stop');
  },
);
