import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { type CloneOffer, GIT_PATH, type Welcome } from '../protocol/gate.ts';
import type { GateClient } from './gate-client.ts';
import { serveProxy } from './proxy.ts';

/** Longest time of a clone, milliseconds: under emulation a large one takes minutes. */
const CLONE_MS = 10 * 60_000;

/**
 * Opens the way of git to the team's repositories, and makes the agent's clones where they are missing. What can't be cloned is named
 * as not available in what comes back.
 */
export async function openClones(gate: GateClient, welcome: Welcome, gateSocket: string): Promise<Welcome> {
  if (welcome.clones === undefined) return welcome;
  const offer = welcome.clones;
  const socket = openGitWay(gate, gateSocket);
  const grants: Welcome['grants'] = [];
  for (const grant of welcome.grants) {
    if (grant.mode !== 'clone' || grant.failed !== null) grants.push(grant);
    else {
      const failed = await makeClone(grant, welcome, { offer, socket });
      grants.push({ ...grant, failed });
      if (failed !== null)
        await gate.call('POST', '/agent/clone-failed', { grant: grant.name, reason: failed });
    }
  }
  return { ...welcome, grants };
}

/** Carries what `git-pipe` connects to this socket over to the keeper. Returns the socket's path. */
export function openGitWay(gate: GateClient, gateSocket: string): string {
  const socket = join(dirname(gateSocket), 'git.sock');
  serveProxy(() => gate.connection(GIT_PATH), socket);
  return socket;
}

/** Settings of every clone: git's own ssh transport, through our program. */
export function cloneEnvironment(pipe: string, socket: string): Record<string, string> {
  return { COWORK_SSH: `'${pipe}' '${socket}'`, GIT_TERMINAL_PROMPT: '0' };
}

/** Null when it is there, else why it is not. */
async function makeClone(
  { name, path }: { name: string; path: string },
  { name: agent }: Welcome,
  { offer, socket }: { offer: CloneOffer; socket: string },
): Promise<string | null> {
  const env = {
    ...cloneEnvironment(offer.pipe, socket),
    ...{ NAME: name, CLONE: path, AGENT: agent, RESULT: offer.result },
  };
  const { code, said } = await runScript(SCRIPT, env, CLONE_MS);
  return code === 0 ? null : `it could not be cloned: ${firstTrouble(said)}`;
}

/** The first thing that git calls a trouble, which is the cause of all others. */
export function firstTrouble(said: string): string {
  const lines = said.trim().split('\n');
  return lines.find((line) => /^(fatal|error|cowork): /.test(line)) ?? lines.at(-1) ?? '';
}

/**
 * A clone that is there already (without a machine the folder outlives the agent) gets the new way only. The agent's branch begins at what it
 * has pushed last, unless that has landed; `git pull` brings what has landed, `git push` hands in.
 */
const SCRIPT = `set -e
if [ ! -d "$CLONE/.git" ]; then
  git -c core.sshCommand="$COWORK_SSH" -c ssh.variant=simple clone --quiet --branch "$RESULT" "cowork:$NAME" "$CLONE"
fi
cd "$CLONE"
git config core.sshCommand "$COWORK_SSH"
git config ssh.variant simple
git config user.name "$AGENT"
git config user.email "$AGENT@cowork.invalid"
git config push.default current
git config pull.rebase false
if ! git show-ref --verify --quiet "refs/heads/$AGENT"; then
  from="origin/$RESULT"
  if git show-ref --verify --quiet "refs/remotes/origin/$AGENT" &&
    ! git merge-base --is-ancestor "origin/$AGENT" "origin/$RESULT"; then from="origin/$AGENT"; fi
  git switch --quiet --no-track --create "$AGENT" "$from"
  git branch --quiet --set-upstream-to "origin/$RESULT"
  git branch --quiet -D "$RESULT"
fi`;

/** Runs a script and gives its exit code and the end of what it said. */
export function runScript(
  script: string,
  env: Record<string, string>,
  limitMs: number,
): Promise<{ code: number | null; said: string }> {
  return new Promise((resolve) => {
    let said = '';
    const child = spawn('bash', ['-c', script], { env: { ...process.env, ...env }, detached: true });
    const keep = (chunk: Buffer): void => {
      said = (said + chunk.toString()).slice(-4_000);
    };
    const timer = setTimeout(() => child.pid !== undefined && process.kill(-child.pid, 'SIGKILL'), limitMs);
    child.stdin.end();
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const done = (code: number | null): void => {
      clearTimeout(timer);
      resolve({ code, said });
    };
    child.once('error', () => done(null));
    child.once('close', done);
  });
}
