import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { closeRole, holdRole, roleHolder } from '../../src/store/role.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { startChild } from './support/child.ts';

const here = new URL('./support/', import.meta.url).href;
const roleFile = async () => join(await temporaryFolder(), 'supervisor.jsonl');

describe('a role that one process may have', () => {
  it('goes to exactly one of several processes that stand for it at once', async () => {
    const file = await roleFile();
    const children = Array.from({ length: 5 }, () => startChild(here, 'stand-for-role', { file }));
    await Promise.all(children.map((child) => child.says('ready')));
    for (const child of children) child.tell('first');
    const answers = await Promise.all(children.map((child) => child.says('first')));
    expect(answers.filter((answer) => answer === 'held')).toHaveLength(1);
    const holder = children[answers.indexOf('held')];
    expect(answers.filter((answer) => answer === `lost to ${holder?.pid}`)).toHaveLength(4);
    expect(roleHolder(file)?.pid).toBe(holder?.pid);
  });

  it('is free again when its holder was killed, and goes to one again', async () => {
    const file = await roleFile();
    const children = Array.from({ length: 4 }, () => startChild(here, 'stand-for-role', { file }));
    await Promise.all(children.map((child) => child.says('ready')));
    const left = [...children];
    for (let round = 0; round < 3; round++) {
      const word = `round${round}`;
      for (const child of left) child.tell(word);
      const answers = await Promise.all(left.map((child) => child.says(word)));
      expect(answers.filter((answer) => answer === 'held')).toHaveLength(1);
      const [holder] = left.splice(answers.indexOf('held'), 1);
      holder?.kill('SIGKILL');
      await holder?.ended;
      expect(roleHolder(file)).toBeUndefined();
    }
  });

  it('stays with a holder that is paused', async () => {
    const file = await roleFile();
    const child = startChild(here, 'stand-for-role', { file });
    child.tell('first');
    expect(await child.says('first')).toBe('held');
    child.kill('SIGSTOP');
    expect(await holdRole(file, { by: 'team' })).toMatchObject({ held: false, holder: { pid: child.pid } });
  });

  it('is given up by resigning, after which its former holder knows', async () => {
    const file = await roleFile();
    const first = await holdRole(file, { by: 'team' });
    if (!first.held) throw new Error('nobody else stood for it');
    first.assertHeld();
    expect(await holdRole(file, { by: 'team' })).toMatchObject({ held: false });
    await first.resign();
    expect(() => first.assertHeld()).toThrowError(expect.objectContaining({ code: 'STALE_WRITER' }));
    expect(await holdRole(file, { by: 'team' })).toMatchObject({ held: true });
  });

  it('is closed for a life: who stands for it later comes too late, who stood for it before keeps it', async () => {
    const file = await roleFile();
    const keeper = (incarnation: number) => holdRole(file, { by: 'ada', incarnation });
    expect(await closeRole(file, { by: 'team', upTo: 2 })).toBeUndefined();
    expect(await keeper(1)).toEqual({ held: false, holder: undefined });
    expect(await keeper(2)).toEqual({ held: false, holder: undefined });
    expect(await keeper(3)).toMatchObject({ held: true });
    expect(await closeRole(file, { by: 'team', upTo: 3 })).toMatchObject({ pid: process.pid });
    expect(roleHolder(file)).toMatchObject({ pid: process.pid });
    expect(await keeper(3)).toMatchObject({ held: false, holder: { pid: process.pid } });
  });

  it('is not confused by a torn candidacy', async () => {
    const file = await roleFile();
    appendFileSync(file, '\n{"v":1,"id":"x","type":"candi');
    expect(await holdRole(file, { by: 'team' })).toMatchObject({ held: true });
  });

  it('is looked up without a trace', async () => {
    const file = await roleFile();
    expect(roleHolder(file)).toBeUndefined();
    expect(roleHolder(file)).toBeUndefined();
  });
});
