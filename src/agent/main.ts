import { spawnSync } from 'node:child_process';
import process from 'node:process';
import type { CheckOrder, Welcome } from '../protocol/gate.ts';
import { Agent } from './agent.ts';
import { runCheck } from './check.ts';
import { openClones } from './clones.ts';
import { GateClient } from './gate-client.ts';
import { serveProxy } from './proxy.ts';
import { Screen } from './screen.ts';
import { compileLater, interpretOnly } from './tiers.ts';
import { warmUp, warmUpWhenAsked } from './warm-up.ts';

/** How long what is printed may wait for more of it: drawing costs more than anything else when text streams in. */
const DRAW_MS = 50;

/** Entry of the agent process: connects to the keeper, learns who it is, and works until it is told to stop. */
async function main(): Promise<number> {
  const socket = process.env.COWORK_GATE ?? '/run/cowork/gate.sock';
  // Set in a machine that is about to be saved as a template: it does all that can be done before it is known who it is.
  const isTemplate = process.env.COWORK_WARM_UP !== undefined;
  delete process.env.COWORK_WARM_UP;
  const input = new Input();
  let gate: GateClient | undefined;
  const openMachine = (): void => {
    serveProxy(() => {
      if (gate === undefined) throw new Error('no program runs before there is a gate');
      return gate.connection();
    });
    process.env.NODE_USE_ENV_PROXY = '1'; // Node's own clients heed HTTP_PROXY only when they are told; this is for what tools start
    input.open();
  };
  const live = (on: GateClient, onWelcome = () => {}): Promise<number> =>
    liveOn(on, { socket, input, isTemplate, openMachine, onWelcome });
  if (isTemplate) {
    interpretOnly();
    openMachine();
    // What fails here fails again, and is told, when it matters.
    await warmUp(`${socket}.warm-up`, live).catch(() => {});
  }
  gate = await GateClient.connect(socket);
  return live(gate, isTemplate ? warmUpWhenAsked(`${socket}.warm-up`, live) : undefined);
}

interface Surroundings {
  /** Of the gate. */
  socket: string;
  input: Input;
  /** The machine was saved and restored: it is open already, and nothing was compiled in it. */
  isTemplate: boolean;
  openMachine: () => void;
  /** It is known who it is. */
  onWelcome: () => void;
}

/** Learns who it is from the keeper at the other end of a gate, and works until it is told to stop; in a template also as nobody, so that the way is known. */
async function liveOn(gate: GateClient, surroundings: Surroundings): Promise<number> {
  const { socket, input, isTemplate, openMachine, onWelcome } = surroundings;
  const arrival = await gate.call<Welcome | CheckOrder>('GET', '/agent/welcome');
  onWelcome();
  const stayCold = isTemplate ? compileLater() : undefined;
  if ('check' in arrival) {
    if (arrival.sandbox === 'vm' && !isTemplate) openMachine();
    await runCheck(gate, arrival, socket);
    return 0;
  }
  const welcome = await openClones(gate, arrival, socket);
  const inVm = welcome.sandbox === 'vm';
  const screen = screenOn(process.stdout);
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
  // Programs of plugins are found after all others.
  const programs = welcome.extensions.path;
  if (programs.length > 0) process.env.PATH = [process.env.PATH, ...programs].join(':');
  if (inVm && !isTemplate) openMachine();
  if (!inVm) input.open();
  input.passTo((bytes) => agent.input(bytes));
  const ended = agent.run().then(() => {
    screen.flush();
    return 0;
  });
  const lost = gate.closed.then(() => 1);
  return Promise.race([ended, lost]).finally(stayCold);
}

/** What is typed, kept until there is somebody to take it. */
class Input {
  #early: Buffer[] = [];
  #take = (bytes: Buffer): void => void this.#early.push(bytes);

  open(): void {
    if (process.stdin.isTTY) process.stdin.setRawMode(true);
    process.stdin.on('data', (bytes) => this.#take(bytes));
  }

  passTo(take: (bytes: Buffer) => void): void {
    this.#take = take;
    for (const bytes of this.#early.splice(0)) take(bytes);
  }
}

function screenOn(terminal: NodeJS.WriteStream): Screen {
  return new Screen({
    write: (text) => void terminal.write(text),
    columns: () => terminal.columns ?? 80,
    hasColour: process.env.NO_COLOR === undefined,
    soon: (draw) => void setTimeout(draw, DRAW_MS),
  });
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`The agent ended: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  },
);
