import { mkdirSync } from 'node:fs';
import type { Welcome } from '../../protocol/gate.ts';
import { type AgentEvent, type HookOffer, type HookReport, matches } from '../../protocol/hooks.ts';
import type { CallAnswer } from '../../protocol/servers.ts';
import type { GateClient } from '../gate-client.ts';
import { runShell } from '../run-shell.ts';
import { filledInput } from './filled-input.ts';
import { NOTHING, together, type Verdict, verdictOfAnswer, verdictOfEnd, verdictOfJson } from './verdict.ts';

/** Asks a model for a hook of the type prompt or agent; gives its words. */
export type AskForHook = (prompt: string, hasTools: boolean, signal: AbortSignal) => Promise<string>;

export interface HooksOptions {
  gate: GateClient;
  welcome: Welcome;
  /** Shows people what a hook said, or that it failed. */
  show: (text: string, isTrouble: boolean) => void;
}

/** The hooks that plugins have armed, run where the agent is. */
export class Hooks {
  readonly #options: HooksOptions;
  readonly #running = new Set<Promise<unknown>>();
  readonly #used = new Set<string>();
  readonly #hasRun = new Set<string>();
  /** Set once there are helpers. */
  ask: AskForHook | undefined;

  constructor(options: HooksOptions) {
    this.#options = options;
  }

  has(event: AgentEvent): boolean {
    return this.#options.welcome.extensions.hooks.some((hook) => hook.event === event);
  }

  /** A skill is used: its hooks run from now on, for the life of the agent. */
  skillUsed(name: string): void {
    this.#used.add(name);
  }

  /**
   * Runs what is armed for an event, side by side, and gives what it decided together. `names` is what matchers are held against;
   * without it, each hook is for all. A hook that fails or takes too long is shown, and decides nothing. Never throws.
   */
  async run(
    event: AgentEvent,
    input: Record<string, unknown>,
    {
      names = [],
      signal,
      withinMs,
    }: { names?: readonly string[]; signal?: AbortSignal | undefined; withinMs?: number } = {},
  ): Promise<Verdict> {
    const { hooks } = this.#options.welcome.extensions;
    const meant = hooks.filter(
      (hook) =>
        hook.event === event &&
        (hook.skill === undefined || this.#used.has(hook.skill)) &&
        !(hook.isOnce === true && this.#hasRun.has(hook.id)) &&
        (names.length === 0 || names.some((name) => matches(hook.matcher, name))),
    );
    if (meant.length === 0) return NOTHING;
    for (const { id } of meant) this.#hasRun.add(id);
    const text = JSON.stringify({ ...this.#common(event), ...input });
    const verdicts = await Promise.all(
      unique(meant).map(async (hook) => {
        const running = this.#one(hook, text, signal, withinMs);
        if (!hook.isAsync) return running;
        this.#running.add(running);
        void running.finally(() => this.#running.delete(running));
        return NOTHING;
      }),
    );
    return together(verdicts);
  }

  async #one(
    hook: HookOffer,
    input: string,
    signal: AbortSignal | undefined,
    withinMs = Number.POSITIVE_INFINITY,
  ): Promise<Verdict> {
    const began = performance.now();
    const timeoutMs = Math.min(hook.timeoutSeconds * 1000, withinMs);
    const verdict = await this.#ran(hook, input, timeoutMs, signal).catch((error: unknown) => ({
      ...NOTHING,
      outcome: 'failed' as const,
      reason: error instanceof Error ? error.message : String(error),
    }));
    const { outcome, reason, message } = verdict;
    const title = `hook ${hook.event} of ${hook.plugin}`;
    if (outcome === 'failed') this.#options.show(`The ${title} failed: ${reason}`, true);
    if (outcome === 'blocked') this.#options.show(`The ${title} refused: ${reason}`, true);
    if (message !== '') this.#options.show(`${title}: ${message}`, false);
    const said = (reason || message || verdict.context).slice(0, 500);
    const report: HookReport = { id: hook.id, outcome, ms: Math.round(performance.now() - began), said };
    // Lost with the gate, which is an end of its own.
    void this.#options.gate.call('POST', '/agent/hook-ran', report).catch(() => {});
    return verdict;
  }

  async #ran(
    hook: HookOffer,
    input: string,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ): Promise<Verdict> {
    const { event, type, what, args, root, data } = hook;
    const { welcome } = this.#options;
    const project = welcome.grants[0]?.path ?? welcome.workspace;
    const known = { CLAUDE_PLUGIN_ROOT: root, CLAUDE_PLUGIN_DATA: data, CLAUDE_PROJECT_DIR: project };
    const env = { ...known, ...hook.options };
    const fill = (text: string): string =>
      text.replaceAll(
        /\$\{(CLAUDE_(?:PLUGIN_ROOT|PLUGIN_DATA|PROJECT_DIR))\}/g,
        (_, name: keyof typeof known) => known[name],
      );
    if (type === 'prompt' || type === 'agent') {
      const until = AbortSignal.any([
        AbortSignal.timeout(timeoutMs),
        ...(signal === undefined ? [] : [signal]),
      ]);
      return verdictOfModel(await (this.ask?.(promptOf(what, input), type === 'agent', until) ?? ''));
    }
    if (type === 'mcp_tool') {
      const until = AbortSignal.any([
        AbortSignal.timeout(timeoutMs),
        ...(signal === undefined ? [] : [signal]),
      ]);
      const call = { name: what, input: filledInput(hook.input ?? {}, JSON.parse(input), fill) };
      return verdictOfAnswer(
        event,
        await this.#options.gate.call<CallAnswer>('POST', '/agent/server-call', call, until),
      );
    }
    if (data !== '') mkdirSync(data, { recursive: true });
    const options = { cwd: welcome.workspace, env, input, timeoutMs, signal };
    if (type === 'command')
      return verdictOfEnd(event, await runShell(fill(what), { ...options, args: args?.map(fill) }));
    const headers = Object.entries(hook.headers ?? {}).flatMap(([name, value]) => [
      '-H',
      `${name}: ${fill(value)}`,
    ]);
    const curl = [
      '-sS',
      '-f',
      '-H',
      'content-type: application/json',
      ...headers,
      '--data-binary',
      '@-',
      '--',
      fill(what),
    ];
    const end = await runShell('curl', { ...options, args: curl });
    // Only its answer decides; a server that can't be reached or refuses has failed.
    return verdictOfEnd(event, end.code === 0 || end.code === null ? end : { ...end, code: 1 });
  }

  #common(event: AgentEvent): Record<string, unknown> {
    const { team, name, role, workspace } = this.#options.welcome;
    return {
      ...{ session_id: `${team}-${name}`, transcript_path: '', cwd: workspace, permission_mode: 'default' },
      ...{ hook_event_name: event, team_name: team, agent_name: name, agent_role: role },
      ...(role === 'teammate' ? { teammate_name: name } : {}),
    };
  }
}

/** The same command twice runs once. */
function unique(hooks: readonly HookOffer[]): HookOffer[] {
  const seen = new Map<string, HookOffer>();
  for (const hook of hooks) {
    const { plugin, type, what, args, input, headers } = hook;
    const key = JSON.stringify([plugin, type, what, args, input, headers]);
    if (!seen.has(key)) seen.set(key, hook);
  }
  return [...seen.values()];
}

function promptOf(prompt: string, input: string): string {
  const asked = prompt.includes('$ARGUMENTS')
    ? prompt.replaceAll('$ARGUMENTS', () => input)
    : `${prompt}\n\n${input}`;
  return `${asked}\n\nAnswer with JSON only: {"ok": true}, or {"ok": false, "reason": "why not"}.`;
}

function verdictOfModel(said: string): Verdict {
  const json = /\{[\s\S]*\}/.exec(said)?.[0] ?? '';
  try {
    const { ok, reason } = JSON.parse(json) as { ok?: unknown; reason?: unknown };
    if (typeof ok === 'boolean')
      return verdictOfJson('', JSON.stringify(ok ? {} : { decision: 'block', reason: String(reason ?? '') }));
  } catch {
    // Told below, as any other answer that is no verdict.
  }
  return { ...NOTHING, outcome: 'failed', reason: `the model gave no verdict: ${said.slice(0, 200)}` };
}
