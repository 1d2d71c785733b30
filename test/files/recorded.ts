import { mkdirSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createDeletionGuard, type DeletionGuard } from '../../src/files/changes/deletion-guard.ts';
import { recordedPolicy } from '../../src/files/changes/recorded-policy.ts';
import { createRecorder, type Recorder } from '../../src/files/changes/recorder.ts';
import { type Finding, survey } from '../../src/files/changes/survey.ts';
import { type UndoOutcome, undo } from '../../src/files/changes/undo.ts';
import type { Grant } from '../../src/files/grant.ts';
import { openAsPlace } from '../../src/files/host.ts';
import { createFileServer } from '../../src/files/server.ts';
import { loadIds } from '../../src/store/ids.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { Client } from './client.ts';

/** An agent at work in a granted folder through a server of its own. */
export interface Worker {
  client: Client;
  recorder: Recorder;
  guard: DeletionGuard;
  stops: string[];
}

export interface Recorded {
  folder: string;
  /** The granted folder, shown as grants/work. */
  work: string;
  checkpoints: string;
  agent(name: string, options?: { mode?: Grant['mode']; clock?: () => number }): Promise<Worker>;
  survey(options?: { agent?: string; path?: string }): Finding[];
  undo(options?: { agent?: string; path?: string; force?: boolean }): Promise<UndoOutcome>;
}

/** A folder whose changes are recorded, and the agents that share it. */
export async function recorded(places: { checkpoints?: string } = {}): Promise<Recorded> {
  const folder = await temporaryFolder();
  const { work, checkpoints } = {
    work: join(folder, 'work'),
    checkpoints: join(folder, 'checkpoints'),
    ...places,
  };
  for (const path of [work, checkpoints]) mkdirSync(path, { recursive: true });
  const ids = await loadIds();
  const atEnd: (() => unknown)[] = [];
  onTestFinished(async () => {
    for (const end of atEnd) await end();
  });

  const agent: Recorded['agent'] = async (name, { mode = 'rw', clock = Date.now } = {}) => {
    const recorder = createRecorder({ checkpoints, writer: name, incarnation: 1, ids });
    const stops: string[] = [];
    const guard = createDeletionGuard({
      writer: name,
      clock,
      onStop: (_, deleted, limit) => stops.push(`${deleted}: ${limit}`),
    });
    const server = createFileServer({
      grants: [{ name: 'work', root: work, mode }],
      policy: (grant) => recordedPolicy(grant, recorder, guard),
    });
    const listener = createServer((socket) => void server.serve(socket));
    const path = join(folder, `${name}-${atEnd.length}`);
    await new Promise<void>((resolve) => listener.listen(path, resolve));
    const socket: Socket = connect(path);
    atEnd.push(async () => {
      await server[Symbol.asyncDispose]();
      listener.close();
    });
    return { client: await Client.connect(socket), recorder, guard, stops };
  };

  const looking = () => {
    const recorder = createRecorder({ checkpoints, writer: 'user', incarnation: 0, ids });
    return {
      recorder,
      history: recorder.history('work'),
      root: openAsPlace(work),
      checkpoints,
      grant: 'work',
    };
  };
  return {
    ...{ folder, work, checkpoints, agent },
    survey: (options = {}) => survey({ ...looking(), ...options }),
    undo: (options = {}) => undo({ ...looking(), ...options }),
  };
}
