import { closeSync, mkdirSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createRecorder } from '../../src/files/changes/recorder.ts';
import { undo } from '../../src/files/changes/undo.ts';
import { openAsPlace } from '../../src/files/host.ts';
import { apply } from '../../src/files/review/apply.ts';
import { discard } from '../../src/files/review/discard.ts';
import { openStaged } from '../../src/files/review/open-staged.ts';
import { isShown } from '../../src/files/review/staged.ts';
import { createFileServer } from '../../src/files/server.ts';
import { loadIds } from '../../src/store/ids.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { Client } from './client.ts';
import { ROOT } from './steps.ts';

/** A granted folder under review, and agents that work on it, each with a server and a staging folder of its own. */
export async function reviewed(places: { work?: string; checkpoints?: string } = {}) {
  const folder = await temporaryFolder();
  const { work, checkpoints } = {
    work: join(folder, 'work'),
    checkpoints: join(folder, 'checkpoints'),
    ...places,
  };
  for (const path of [work, checkpoints]) mkdirSync(path, { recursive: true });
  const ids = await loadIds();
  const staging = (name: string) => join(checkpoints, '_staged', name, 'work');
  let sockets = 0;
  /** Starts, or starts again after `end`, the server of an agent. */
  const agent = async (name: string) => {
    const server = createFileServer({
      grants: [
        {
          ...{ name: 'work', root: work, mode: 'review' },
          staging: { folder: staging(name), writer: name, incarnation: 1, ids },
        },
      ],
    });
    const listener = createServer((socket) => void server.serve(socket));
    const path = join(folder, `s${++sockets}`);
    await new Promise<void>((resolve) => listener.listen(path, resolve));
    let isOver = false;
    const end = async () => {
      if (isOver) return;
      isOver = true;
      await server[Symbol.asyncDispose]();
      listener.close();
    };
    onTestFinished(end);
    return { client: await Client.connect(connect(path)), server, end };
  };
  /** Opens what agents have staged, as commands do. */
  const versions = async (root: number, only?: string) => {
    const opened = await openStaged(checkpoints, 'work', root, only);
    onTestFinished(() => {
      for (const version of opened) version[Symbol.dispose]();
    });
    return opened;
  };
  const held = () => {
    const root = openAsPlace(work);
    onTestFinished(() => closeSync(root));
    return root;
  };
  return {
    ...{ folder, work, checkpoints, staging, agent },
    staged: async ({ agent: only, path }: { agent?: string; path?: string } = {}) =>
      (await versions(held(), only)).flatMap((version) =>
        version
          .changes(path)
          .filter(isShown)
          .map((change) => ({ ...change, agent: version.agent })),
      ),
    apply: async ({ agent: only, ...rest }: { agent?: string; path?: string; force?: boolean } = {}) => {
      const root = held();
      const grant = { name: 'work', path: work };
      return apply({ checkpoints, grant, root, versions: await versions(root, only), ids, ...rest });
    },
    /** As `cowork undo`: what is staged, then what has landed. */
    undo: async ({
      agent: only,
      path,
      force = false,
    }: {
      agent?: string;
      path?: string;
      force?: boolean;
    } = {}) => {
      const root = held();
      for (const version of await versions(root, only)) discard(version, { checkpoints, root, ids, path });
      const recorder = createRecorder({ checkpoints, writer: 'user', incarnation: 0, ids });
      const looking = { recorder, history: recorder.history('work'), root, checkpoints, grant: 'work' };
      return undo({ ...looking, agent: only, path, force });
    },
  };
}

/** What a client sees below a folder, as `snapshot` of steps.ts shows a local one. */
export async function view(client: Client, below = ''): Promise<string[]> {
  const lines: string[] = [];
  for (const name of await client.names(join(ROOT, below))) {
    const path = join(below, name);
    const { mode, nlink } = await client.stat(join(ROOT, path));
    const kind = mode & 0o170000;
    const isFile = kind === 0o100000;
    const content = isFile ? (await client.readFile(join(ROOT, path))).toString('base64') : '';
    const target = kind === 0o120000 ? await client.readlink(join(ROOT, path)) : '';
    lines.push(`${path} ${mode.toString(8)} ${isFile ? nlink : ''} ${target} ${content}`);
    if (kind === 0o040000) lines.push(...(await view(client, path)));
  }
  return lines.sort();
}
