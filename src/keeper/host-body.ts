import { mkdir } from 'node:fs/promises';
import net from 'node:net';
import { spawn } from 'node-pty';
import { CoworkError } from '../protocol/errors.ts';
import { endMarkedProcesses } from '../store/marked-processes.ts';
import { builtProgram } from '../store/package-root.ts';
import type { Body, OnStep } from './body.ts';
import { GATE_VARIABLE, gateSocket } from './gate-socket.ts';

interface HostBodyOptions {
  /** Private scratch folder and working directory. */
  workspace: string;
  /** A 0700 folder with a short path, for the gate's socket. */
  runtimeDir: string;
  cols: number;
  rows: number;
  onStep: OnStep;
}

const CONNECT_MS = 20_000;

/** Runs an agent as a process of the host (`--sandbox none`), with the same gate over a Unix socket. */
export async function startHostBody(options: HostBodyOptions): Promise<Body> {
  await mkdir(options.workspace, { recursive: true, mode: 0o700 });
  const socketPath = gateSocket(options.runtimeDir);
  const server = net.createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, resolve);
  });
  options.onStep('starting the agent on the host');
  const started = performance.now();
  const terminal = spawn(process.execPath, [builtProgram('agent.mjs')], {
    name: 'xterm-256color',
    cols: options.cols,
    rows: options.rows,
    cwd: options.workspace,
    env: agentEnvironment(socketPath),
    encoding: null,
  });
  const ended = new Promise<string>((resolve) => {
    terminal.onExit(({ exitCode, signal }) =>
      resolve(signal ? `the agent was ended by signal ${signal}` : `the agent ended with code ${exitCode}`),
    );
  });
  const stop = async (deadlineMs: number): Promise<void> => {
    const timer = setTimeout(() => terminal.kill('SIGKILL'), deadlineMs);
    terminal.kill('SIGTERM');
    await ended;
    clearTimeout(timer);
  };
  try {
    const gate = await accepted(server, ended);
    return {
      pid: terminal.pid,
      accelerator: null,
      acceleratorReason: null,
      lacks: [],
      terminal: {
        // Without an encoding the pty gives bytes, whatever its types say.
        onData: (listener) => void terminal.onData((data) => listener(data as unknown as Buffer)),
        // It writes bytes as they are, whatever its types say.
        write: (data) => terminal.write(data as unknown as string),
        pause: () => terminal.pause(),
        resume: () => terminal.resume(),
        resize: (cols, rows) => terminal.resize(cols, rows),
      },
      gate,
      showGrants: () => [], // it sees all of the host anyway
      guard: null,
      start: { how: 'on the host' },
      ready: () => Promise.resolve(),
      mounted: Promise.resolve(),
      pause: null,
      sinceStartMs: () => Math.round(performance.now() - started),
      ended,
      stop,
      [Symbol.asyncDispose]: async () => {
        await stop(1000);
        endMarkedProcesses(GATE_VARIABLE, socketPath); // a shell of its tools has a session of its own
        gate.destroy();
      },
    };
  } catch (error) {
    await stop(100);
    throw error;
  } finally {
    server.close(); // one agent, one connection; closing also removes the socket's file
  }
}

/** The host's environment without anything that is the model's or ours. */
function agentEnvironment(socketPath: string): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    (pair): pair is [string, string] => pair[1] !== undefined && !/^(ANTHROPIC|COWORK)_/.test(pair[0]),
  );
  return { ...Object.fromEntries(kept), TERM: 'xterm-256color', [GATE_VARIABLE]: socketPath };
}

function accepted(server: net.Server, ended: Promise<string>): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) =>
      reject(new CoworkError('START_FAILED', `The agent did not connect to its gate: ${why}.`));
    const timer = setTimeout(() => fail(`nothing came within ${CONNECT_MS / 1000} s`), CONNECT_MS);
    server.once('connection', (socket) => {
      clearTimeout(timer);
      resolve(socket);
    });
    void ended.then((reason) => {
      clearTimeout(timer);
      fail(reason);
    });
  });
}
