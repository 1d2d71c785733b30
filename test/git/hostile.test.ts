import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { commitOf, createHub } from '../../src/git/hub.ts';
import { hubFolder } from '../../src/git/places.ts';
import { publish } from '../../src/git/publish.ts';
import { serveRepositories } from '../../src/git/serve.ts';
import { readUserRepository } from '../../src/git/user-repository.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { gitIn, makeRepository, write } from './support.ts';

const run = promisify(execFile);
const PIPE = join(import.meta.dirname, '..', '..', 'src', 'vm', 'guest', 'git-pipe.pl');
const RESULT = 'cowork/mine';

/** The team's repository behind a socket as an agent's machine has it, and a clone of ada that pushes there. */
async function open(pushMax?: number) {
  const root = await temporaryFolder();
  const user = makeRepository(join(root, 'user'), { 'a.txt': 'a\n' });
  await createHub(root, { grant: 'shop', source: await readUserRepository(user), branch: RESULT });
  const hub = hubFolder(root, 'shop');
  const serve = serveRepositories(() => ({
    hubOf: (name) => (name === 'shop' ? hub : undefined),
    branch: 'ada',
    ...(pushMax === undefined ? {} : { pushMax }),
  }));
  const server = net.createServer({ allowHalfOpen: true }, (socket) => void serve(socket));
  const path = join(root, 'git.sock');
  server.listen(path);
  onTestFinished(() => void server.close());
  const clone = join(root, 'clone');
  const ssh = `'${PIPE}' '${path}'`;
  const env = {
    ...process.env,
    GIT_SSH_COMMAND: ssh,
    GIT_SSH_VARIANT: 'simple',
    GIT_CONFIG_GLOBAL: '/dev/null',
  };
  await run('git', ['clone', '-q', '-b', RESULT, 'cowork:shop', clone], { env });
  /** What git says to a push of a commit of this tree. */
  const push = async (commit: string): Promise<string> => {
    const pushed = run('git', ['-C', clone, 'push', '--no-verify', 'origin', `+${commit}:refs/heads/ada`], {
      env,
    });
    return pushed.then(
      ({ stderr }) => stderr,
      ({ stderr }: { stderr: string }) => stderr,
    );
  };
  /** A commit whose tree is made by hand, as no git would make it. */
  const commitOfTree = (entries: [mode: string, name: string, id: string][]): string => {
    const bytes = entries.map(([mode, name, id]) =>
      Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(id, 'hex')]),
    );
    writeFileSync(join(root, 'tree'), Buffer.concat(bytes));
    const tree = gitIn(clone, 'hash-object', '-t', 'tree', '-w', '--literally', join(root, 'tree'));
    return gitIn(clone, 'commit-tree', tree, '-m', 'odd', '-p', 'HEAD');
  };
  const blob = (content: string): string => {
    writeFileSync(join(root, 'blob'), content);
    return gitIn(clone, 'hash-object', '-w', join(root, 'blob'));
  };
  const say = async (bytes: string): Promise<string> => {
    const socket = net.connect(path);
    socket.on('error', () => {}); // it may be cut
    socket.end(bytes);
    return text(socket);
  };
  return { root, user, hub, clone, push, commitOfTree, blob, say };
}

it('refuses trees that would lead a git astray, and keeps nothing of them', async () => {
  const { hub, push, commitOfTree, blob } = await open();
  const file = blob('[core]\n\tfsmonitor = touch /tmp/pwned\n');
  const module = blob('[submodule "x"]\n\tpath = x\n\turl = -u./evil\n');
  const trees: Record<string, [string, string, string][]> = {
    'a .git': [['100644', '.git', file]],
    'a .GIT': [['100644', '.GIT', file]],
    'a short name of .git': [['100644', 'GIT~1', file]],
    'a way up': [['100644', '..', file]],
    'a name with a slash': [['100644', 'a/../b', file]],
    'a link for .gitmodules': [['120000', '.gitmodules', file]],
    'an option for an address': [['100644', '.gitmodules', module]],
    'twice the same name': [
      ['100644', 'a', file],
      ['100644', 'a', file],
    ],
  };
  for (const [what, entries] of Object.entries(trees)) {
    expect(await push(commitOfTree(entries)), what).toMatch(/fsck error|remote unpack failed|unpacker error/);
  }
  expect(commitOf(hub, 'refs/heads/ada')).toBeUndefined();
  expect(readdirSync(join(hub, 'objects')).filter((name) => /^(incoming|tmp_objdir)/.test(name))).toEqual([]);
  expect(await push('HEAD')).toContain('taken');
});

it('refuses a push that is too large', async () => {
  const { hub, push, commitOfTree, blob } = await open(100_000);
  const large = blob(randomBytes(150_000).toString('base64'));
  expect(await push(commitOfTree([['100644', 'large', large]]))).toContain('exceeds maximum allowed size');
  expect(commitOf(hub, 'refs/heads/ada')).toBeUndefined();
});

it('serves the two commands of git on the repositories of the team, and nothing else', async () => {
  const { say, hub } = await open();
  for (const line of [
    "git-upload-pack '../hub.git'\n",
    "git-upload-pack '/etc'\n",
    "git-upload-archive 'shop'\n",
    "git-upload-pack 'shop'; touch /tmp/pwned\n",
    "git-upload-pack --help 'shop'\n",
    'git-upload-pack shop\n',
    '\n',
    '',
    'x'.repeat(100_000),
  ]) {
    expect(await say(line), line.slice(0, 40)).toContain('ERR cowork: there is no such repository');
  }
  for (const garbage of ['', '0000', 'zzzz', `0064${'\0'.repeat(96)}`, `0000PACK${'\xff'.repeat(5_000)}`]) {
    expect(await say(`git-receive-pack 'shop'\n${garbage}`), garbage.slice(0, 9)).toContain(RESULT);
  }
  expect(readdirSync(join(hub, 'refs', 'heads')).sort()).toEqual(['cowork', 'main']);
});

it('runs nothing that the user’s repository or a pushed file names when the result is published', async () => {
  const { root, user, hub, clone, push } = await open();
  const trap = join(root, 'trap');
  const hooks = join(user, '.git', 'hooks');
  mkdirSync(hooks, { recursive: true });
  for (const name of ['reference-transaction', 'post-merge', 'post-checkout', 'pre-auto-gc', 'update']) {
    writeFileSync(join(hooks, name), `#!/bin/sh\ntouch '${trap}'\n`);
    chmodSync(join(hooks, name), 0o755);
  }
  const settings = [
    'core.fsmonitor',
    'core.sshCommand',
    'core.pager',
    'filter.evil.clean',
    'filter.evil.smudge',
  ];
  for (const name of [...settings, 'merge.evil.driver', 'diff.evil.textconv', 'credential.helper'])
    gitIn(user, 'config', name, `touch '${trap}'`);
  write(clone, { '.gitattributes': '* filter=evil merge=evil diff=evil\n', 'a.txt': 'b\n' });
  gitIn(clone, 'add', '.');
  gitIn(clone, 'commit', '-qm', 'b');
  expect(await push('HEAD')).toContain('taken');
  const commit = commitOf(hub, 'refs/heads/ada') ?? '';
  gitIn(hub, 'update-ref', `refs/heads/${RESULT}`, commit);
  expect(await publish({ hub, gitDir: join(user, '.git'), branch: RESULT })).toBeUndefined();
  expect(existsSync(trap)).toBe(false);
  // It can be sprung: the user's own git runs what their repository names.
  gitIn(user, 'switch', '-q', RESULT);
  expect(existsSync(trap)).toBe(true);
  expect(gitIn(user, 'rev-parse', RESULT)).toBe(commit);
});
