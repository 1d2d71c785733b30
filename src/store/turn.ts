import { rmSync, statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { CoworkError } from '../protocol/errors.ts';
import { holdRole } from './role.ts';

/** How long a turn is waited for, in milliseconds. */
const WAIT_MS = 5_000;
/** Size from which the list of candidates is thrown away, in bytes. */
const LIST_MAX = 64 * 1024;

/**
 * Does `work` while no other process does the same for `file`. Who died has no turn any more, at once and without anybody to
 * see to it, so this is for what no supervisor watches over. Throws LOCK_TIMEOUT.
 */
export async function inTurn<T>(file: string, by: string, work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + WAIT_MS;
  for (;;) {
    const turn = await tryTurn(file, by);
    if (turn !== undefined) {
      try {
        return await work();
      } finally {
        await end(file, turn);
      }
    }
    if (performance.now() > deadline)
      throw new CoworkError('LOCK_TIMEOUT', `Waited ${WAIT_MS} ms for a turn at ${file}.`);
    await delay(5 + Math.random() * 15);
  }
}

async function tryTurn(file: string, by: string): Promise<{ resign: () => Promise<void> } | undefined> {
  try {
    const role = await holdRole(file, { by, durable: false });
    return role.held ? role : undefined;
  } catch (error) {
    // The list was thrown away between our entry and our look: nobody has seen us there.
    if (error instanceof CoworkError && error.code === 'STALE_WRITER') return undefined;
    throw error;
  }
}

/** Without a list nobody has a turn, so removing it is an end like any other; who stood in it stands again in the next. */
async function end(file: string, turn: { resign: () => Promise<void> }): Promise<void> {
  try {
    if (statSync(file).size <= LIST_MAX) return await turn.resign();
  } catch {
    // A full disk takes no word of it; without the list it is over all the same.
  }
  rmSync(file, { force: true });
}
