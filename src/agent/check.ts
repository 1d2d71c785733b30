import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import type { CheckOrder } from '../protocol/gate.ts';
import { cloneEnvironment, firstTrouble, openGitWay, runScript } from './clones.ts';
import type { GateClient } from './gate-client.ts';

/** Longest time to fetch and lay out the commit, in milliseconds. */
const FETCH_MS = 15 * 60_000;
/** How much of what the command says is sent to the host: its end, in characters. */
const TAIL = 16_000;

/** Fetches one commit, lays it out in a new folder, runs the team's command there and tells the keeper how that ended. */
export async function runCheck(gate: GateClient, order: CheckOrder, gateSocket: string): Promise<void> {
  const { check, workspace } = order;
  const socket = openGitWay(gate, gateSocket);
  const folder = join(workspace, check.name);
  const env = {
    ...cloneEnvironment(check.pipe, socket),
    ...{ NAME: check.name, FOLDER: folder, COMMIT: check.commit },
  };
  const fetched = await runScript(SCRIPT, env, FETCH_MS);
  if (fetched.code !== 0) {
    const why = `the commit could not be laid out: ${firstTrouble(fetched.said)}`;
    await gate.call('POST', '/check/done', { ran: false, code: null, why, tail: '' });
    return;
  }
  const end = await runCommand(check.command, folder, check.limitMs);
  await gate.call('POST', '/check/done', { ran: true, ...end });
}

/** Branches of checks are not shown to agents, so the commit is fetched by its name. */
const SCRIPT = `set -e
git init --quiet --template= "$FOLDER"
cd "$FOLDER"
git -c core.sshCommand="$COWORK_SSH" -c ssh.variant=simple fetch --quiet --depth 1 "cowork:$NAME" "$COMMIT"
git -c advice.detachedHead=false checkout --quiet FETCH_HEAD`;

function runCommand(
  command: string,
  cwd: string,
  limitMs: number,
): Promise<{ code: number | null; why: string; tail: string }> {
  return new Promise((resolve) => {
    const child = spawn('bash', ['-c', `exec 2>&1\n${command}`], { cwd, detached: true });
    const decoder = new StringDecoder('utf8');
    let [tail, why] = ['', ''];
    const timer = setTimeout(() => {
      why = `it took longer than ${Math.round(limitMs / 1000)} s`;
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, limitMs);
    child.stdin.end();
    child.stdout.on('data', (chunk: Buffer) => {
      const text = decoder.write(chunk);
      tail = (tail + text).slice(-TAIL);
      process.stdout.write(text);
    });
    const done = (code: number | null, reason: string): void => {
      clearTimeout(timer);
      resolve({ code: reason === '' ? code : null, why: reason, tail });
    };
    child.once('error', (error) => done(null, error.message));
    // A program that it left behind may hold the pipe open; the machine ends with us all the same.
    child.once('exit', (code, by) => {
      setTimeout(() => done(code, why || (code === null ? `it was ended by ${by}` : '')), LEFT_BEHIND_MS);
    });
  });
}

/** How long what the command left behind may go on writing, milliseconds. */
const LEFT_BEHIND_MS = 200;
