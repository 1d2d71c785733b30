import type { Welcome } from '../../protocol/gate.ts';
import type { Task } from '../../protocol/task.ts';
import type { GateClient } from '../gate-client.ts';
import type { TurnOutcome } from '../turn.ts';
import { publicName } from './around-tools.ts';
import type { Hooks } from './hooks.ts';

/** How often in a row hooks may send an agent back to work before its turn ends all the same. */
const SENT_BACK_MAX = 10;
/** How long hooks have when the agent is asked to stop, milliseconds: the machine ends soon after. */
const END_MS = 1_000;

/** What hooks say to the turns of an agent. */
export class SessionHooks {
  readonly hooks: Hooks;
  readonly #welcome: Welcome;
  #sentBack = 0;

  constructor(hooks: Hooks, welcome: Welcome) {
    this.hooks = hooks;
    this.#welcome = welcome;
  }

  /** Before the first turn; gives what the model is told. */
  async begin(gate: GateClient): Promise<string> {
    if (this.#welcome.extensions.hooks.length === 0) return '';
    await gate.call('GET', '/agent/ready'); // the folders of their programs
    const source = this.#welcome.resumes ? 'resume' : 'startup';
    const { context } = await this.hooks.run(
      'SessionStart',
      { source, model: this.#welcome.model },
      { names: [source] },
    );
    return context === '' ? '' : `[hook] ${context}`;
  }

  /** What the user said: `refused` says why the model may not see it, `context` what it is told beside. */
  async userSaid(prompt: string): Promise<{ refused: string; context: string }> {
    const { outcome, reason, context, goesOn, stopReason } = await this.hooks.run('UserPromptSubmit', {
      prompt,
    });
    const isRefused = outcome === 'blocked' || !goesOn;
    return {
      refused: isRefused ? reason || stopReason || 'no reason' : '',
      context: context === '' ? '' : `[hook] ${context}`,
    };
  }

  /** A command of the user is to enter with its text; why it may not, or nothing. */
  async userCommand(prompt: string, name: string, rest: string): Promise<string> {
    const { outcome, reason, goesOn, stopReason } = await this.hooks.run(
      'UserPromptExpansion',
      { prompt, expansion_type: 'slash_command', command_name: name, command_args: rest },
      { names: [name] },
    );
    return outcome === 'blocked' || !goesOn ? reason || stopReason || 'no reason' : '';
  }

  /** All calls of a reply have their results: what the model is told of it, and whether the turn ends here. */
  async toolsDone(
    calls: readonly { name: string; input: unknown; response: unknown }[],
    signal: AbortSignal,
  ): Promise<{ text: string; ends: boolean }> {
    if (!this.hooks.has('PostToolBatch')) return { text: '', ends: false };
    const tool_calls = calls.map(({ name, input, response }) => ({
      ...{ tool_name: publicName(name), tool_input: input, tool_response: response },
    }));
    const verdict = await this.hooks.run('PostToolBatch', { tool_calls }, { signal });
    const { outcome, reason, context, goesOn, stopReason } = verdict;
    const said = [reason, goesOn ? '' : stopReason, context].filter((part) => part !== '').join('\n');
    return { text: said === '' ? '' : `[hook] ${said}`, ends: outcome === 'blocked' || !goesOn };
  }

  /** The user has added a task; what hooks say of it is told to the keeper. Never throws. */
  async userTask({ id, subject, description }: Task, gate: GateClient): Promise<void> {
    try {
      await gate.call('GET', '/agent/ready');
      const input = { task_id: id, task_subject: subject, task_description: description };
      const { outcome, reason, goesOn, stopReason } = await this.hooks.run('TaskCreated', input);
      const isRefused = outcome === 'blocked' || !goesOn;
      const refused = isRefused ? (reason || stopReason || 'no reason').slice(0, 2_000) : '';
      await gate.call('POST', '/agent/task-checked', { id, refused });
    } catch {
      // Without the keeper: it asks the next life.
    }
  }

  /**
   * A turn is over. `feedback` sends the agent back to work, as Stop and, for a teammate that would be idle, TeammateIdle may;
   * `stops` keeps it waiting for the user.
   */
  async turnEnded(
    { outcome, text, error }: TurnOutcome,
    wouldBeIdle: boolean,
  ): Promise<{ feedback: string; stops: string }> {
    const none = { feedback: '', stops: '' };
    if (outcome === 'failed') {
      await this.hooks.run('StopFailure', { error: error instanceof Error ? error.message : String(error) });
      return none;
    }
    if (outcome !== 'ended' || this.#sentBack >= SENT_BACK_MAX) {
      this.#sentBack = 0;
      return none;
    }
    const input = { stop_hook_active: this.#sentBack > 0, last_assistant_message: text };
    const stop = await this.hooks.run('Stop', input);
    const isIdle = this.#welcome.role === 'teammate' && wouldBeIdle && stop.outcome !== 'blocked';
    const idle = isIdle ? await this.hooks.run('TeammateIdle', {}) : stop;
    for (const { outcome: said, reason } of [stop, idle]) {
      if (said !== 'blocked') continue;
      this.#sentBack++;
      return { ...none, feedback: `[hook] ${reason}` };
    }
    this.#sentBack = 0;
    const stopping = [stop, idle].find(({ goesOn }) => !goesOn);
    return stopping === undefined ? none : { ...none, stops: stopping.stopReason || 'stopped by a hook' };
  }

  /** Whether a hook keeps the conversation from being replaced by a summary. */
  async beforeSummary(isAsked: boolean): Promise<boolean> {
    const trigger = isAsked ? 'manual' : 'auto';
    const { outcome } = await this.hooks.run(
      'PreCompact',
      { trigger, custom_instructions: '' },
      { names: [trigger] },
    );
    return outcome === 'blocked' && isAsked;
  }

  async afterSummary(): Promise<void> {
    await this.hooks.run('PostCompact', {});
  }

  async end(): Promise<void> {
    await this.hooks.run('SessionEnd', { reason: 'other' }, { withinMs: END_MS });
  }
}
