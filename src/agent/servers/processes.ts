import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import type { Welcome } from '../../protocol/gate.ts';
import { GUEST_VARIABLES, PIPE_PATH, type ServerStart } from '../../protocol/servers.ts';
import type { GateClient } from '../gate-client.ts';

/** PID 1 reads here which sessions do not keep an idle machine awake. */
const QUIET_SESSIONS = '/run/cowork/servers';
/** How long a server has to end once its stdin is closed, and after it was told to. */
const GRACE_MS = 2_000;
/** How often what a server writes to stderr is handed on, and how much at a time. */
const STDERR_MS = 300;
const STDERR_MAX = 4_096;

/** The processes of MCP servers in this machine: started when the keeper says so; it speaks with them, here only bytes are carried. */
export class ServerProcesses {
  readonly #gate: GateClient;
  readonly #welcome: Welcome;
  readonly #running = new Set<ChildProcess>();

  constructor(gate: GateClient, welcome: Welcome) {
    this.#gate = gate;
    this.#welcome = welcome;
  }

  /** Starts a server. Never throws: what fails is told to the keeper, as the server's end. */
  serve(server: ServerStart): void {
    const { pipe, command, args, env, data } = server;
    const stream = this.#gate.connection(PIPE_PATH + pipe);
    stream.on('error', () => {}); // 'close' follows
    const said = this.#stderr(pipe);
    let child: ChildProcess;
    try {
      if (data !== '') mkdirSync(data, { recursive: true });
      // A shell first: in a machine that is what puts a program under the limits of tools. Its session is its own.
      child = spawn('bash', ['-c', 'exec "$@"', 'bash', ...[command, ...args].map(own)], {
        cwd: this.#welcome.workspace,
        env: {
          ...process.env,
          ...Object.fromEntries(Object.entries(env).map(([key, value]) => [key, own(value)])),
        },
        detached: true,
      });
    } catch (error) {
      void said.end(error instanceof Error ? error.message : String(error)).then(() => stream.close());
      return;
    }
    this.#running.add(child);
    this.#tellPid1();
    let why = '';
    const ended = async (reason: string): Promise<void> => {
      if (!this.#running.delete(child)) return;
      this.#tellPid1();
      // First its last words, then its end: the keeper tells people of both at once.
      await said.end(why || reason);
      stream.end();
    };
    child.stderr?.on('data', said.add);
    child.stdin?.on('error', () => {}); // it has ended, or does not read
    child.once('error', (error) => void ended(error.message));
    child.once('exit', (code, signal) => {
      endGroup(child, 'SIGKILL'); // what it left behind
      const tell = () => void ended(code === null ? `ended by ${signal}` : `ended with ${code}`);
      // What it wrote last is read by then, unless a program that it sent away holds its output.
      child.once('close', tell);
      setTimeout(tell, GRACE_MS).unref();
    });
    child.stdout?.pipe(stream, { end: false });
    if (child.stdin !== null) stream.pipe(child.stdin);
    stream.once('close', () => {
      if (!this.#running.has(child)) return;
      why = 'ended by its keeper';
      child.stdin?.end();
      setTimeout(() => endGroup(child, 'SIGTERM'), GRACE_MS).unref();
      setTimeout(() => endGroup(child, 'SIGKILL'), 2 * GRACE_MS).unref();
    });
  }

  /** Ends all that run: the agent is about to. */
  end(): void {
    for (const child of this.#running) endGroup(child, 'SIGKILL');
  }

  #tellPid1(): void {
    if (this.#welcome.sandbox !== 'vm') return;
    const sessions = [...this.#running].map(({ pid }) => pid).join(' ');
    writeFileSync(QUIET_SESSIONS, sessions);
  }

  #stderr(pipe: string) {
    let waiting = '';
    let timer: NodeJS.Timeout | undefined;
    let telling: Promise<unknown> = Promise.resolve();
    const tell = (ended: string | null): void => {
      clearTimeout(timer);
      timer = undefined;
      const text = waiting;
      waiting = '';
      // One after the other, as it was written. Lost with the gate, which is an end of its own.
      telling = telling
        .then(() => this.#gate.call('POST', '/agent/server-said', { pipe, text, ended }))
        .catch(() => {});
    };
    return {
      add: (chunk: Buffer): void => {
        waiting = (waiting + chunk.toString('utf8')).slice(-STDERR_MAX);
        timer ??= setTimeout(() => tell(null), STDERR_MS);
      },
      /** Resolves when the keeper has all of it. */
      end: async (why: string): Promise<void> => {
        tell(why.slice(0, 500));
        await telling;
      },
    };
  }
}

/** `${HOME}` and the like mean those of this machine. */
function own(text: string): string {
  return text.replaceAll(/\$\{([A-Z]+)\}/g, (whole, name: string) =>
    GUEST_VARIABLES.some((known) => known === name) ? (process.env[name] ?? whole) : whole,
  );
}

function endGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  } catch {
    // It has ended by itself.
  }
}
