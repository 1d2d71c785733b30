import { spawnSync } from 'node:child_process';
import process from 'node:process';
import type { Welcome } from '../protocol/gate.ts';
import { Agent } from './agent.ts';
import { GateClient } from './gate-client.ts';
import { serveProxy } from './proxy.ts';
import { Screen } from './screen.ts';
import { warmUp } from './warm-up.ts';

/** How long what is printed may wait for more of it: drawing costs more than anything else when text streams in. */
const DRAW_MS = 50;

/** Entry of the agent process: connects to the keeper, learns who it is, and works until it is told to stop. */
async function main(): Promise<number> {
  const socket = process.env.COWORK_GATE ?? '/run/cowork/gate.sock';
  // Set in a machine that is about to be saved as a template. What fails here fails again, and is told, when it matters.
  if (process.env.COWORK_WARM_UP) await warmUp(`${socket}.warm-up`).catch(() => {});
  delete process.env.COWORK_WARM_UP;
  const gate = await GateClient.connect(socket);
  const welcome = await gate.call<Welcome>('GET', '/agent/welcome');
  const inVm = welcome.sandbox === 'vm';
  const screen = new Screen({
    write: (text) => void process.stdout.write(text),
    columns: () => process.stdout.columns ?? 80,
    hasColour: process.env.NO_COLOR === undefined,
    soon: (draw) => void setTimeout(draw, DRAW_MS),
  });
  const agent = new Agent(gate, welcome, {
    screen,
    // The serial console has no size of its own; the guest's terminal driver is told by hand.
    resize: (cols, rows) => {
      if (inVm) spawnSync('stty', ['cols', String(cols), 'rows', String(rows)], { stdio: 'inherit' });
    },
  });
  const { columns, rows } = process.stdout;
  if (inVm && (columns !== welcome.cols || rows !== welcome.rows))
    spawnSync('stty', ['cols', String(welcome.cols), 'rows', String(welcome.rows)], { stdio: 'inherit' });
  if (inVm) {
    serveProxy(() => gate.connection());
    process.env.NODE_USE_ENV_PROXY = '1'; // Node's own clients heed HTTP_PROXY only when they are told; this is for what tools start
  }
  // Programs of plugins are found after all others.
  const programs = welcome.extensions.path;
  if (programs.length > 0) process.env.PATH = [process.env.PATH, ...programs].join(':');
  if (process.stdin.isTTY) process.stdin.setRawMode(true);
  process.stdin.on('data', (bytes) => agent.input(bytes));
  const ended = agent.run().then(() => {
    screen.flush();
    return 0;
  });
  const lost = gate.closed.then(() => 1);
  return Promise.race([ended, lost]);
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`The agent ended: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  },
);
