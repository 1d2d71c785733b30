import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  isAlive,
  isProcessIdentity,
  ownIdentity,
  processIdentity,
} from '../../src/store/process-identity.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary.ts';

function sleeper(program = 'sleep') {
  const child = spawn(program, ['60'], { stdio: 'ignore' });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return { child, pid: child.pid ?? 0 };
}

describe('the identity of a process', () => {
  it('is alive while the process runs, also when it is paused, and never again after its death', async () => {
    const { child, pid } = sleeper();
    const identity = processIdentity(pid);
    if (!identity) throw new Error('no identity of a running process');
    expect(isAlive(identity)).toBe(true);
    child.kill('SIGSTOP');
    expect(isAlive(identity)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(isAlive(identity)).toBe(false);
  });

  it('tells a process from a later one with the same number, and from one of another boot', () => {
    const own = ownIdentity();
    expect(isAlive(own)).toBe(true);
    expect(isAlive({ ...own, startTime: own.startTime - 1 })).toBe(false);
    expect(isAlive({ ...own, bootId: 'another' })).toBe(false);
  });

  it('takes a process that is dead and not yet waited for as dead', async () => {
    const child = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    onTestFinished(() => {
      child.kill('SIGKILL');
    });
    const [pid] = (await once(child.stdout, 'data')).map(Number);
    await eventually('a zombie', () => readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z '));
    expect(processIdentity(pid ?? 0)).toBeUndefined();
  });

  it('reads the start of a program whose name holds spaces and brackets', async () => {
    const program = join(await temporaryFolder(), 'a ) R 1 (b');
    copyFileSync('/bin/sleep', program);
    const { pid } = sleeper(program);
    const plain = sleeper();
    await eventually('the program runs', () => readFileSync(`/proc/${pid}/comm`, 'utf8').startsWith('a )'));
    const gap = (processIdentity(plain.pid)?.startTime ?? 0) - (processIdentity(pid)?.startTime ?? 0);
    expect(Math.abs(gap)).toBeLessThan(500); // ticks; both were started just now
  });

  it('is undefined for a number that nobody has', () => {
    expect(processIdentity(2 ** 22 + 1)).toBeUndefined();
  });

  it.each([null, 7, {}, { pid: 1 }, { pid: 1, startTime: 2 }, { pid: '1', startTime: 2, bootId: 'x' }])(
    'is not what %j holds',
    (value) => {
      expect(isProcessIdentity(value)).toBe(false);
    },
  );
});
