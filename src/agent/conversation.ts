import type { BetaRunnableTool } from '@anthropic-ai/sdk/lib/tools/BetaRunnableTool';
import type { TranscriptEntry, Welcome } from '../protocol/gate.ts';
import type { EFFORTS } from '../protocol/team.ts';
import type { ModelSettings } from './ask.ts';
import { compact } from './compaction.ts';
import { answerCut } from './cut-calls.ts';
import type { GateClient } from './gate-client.ts';
import { History, userTexts } from './history.ts';
import type { SessionHooks } from './hooks/session.ts';
import { mailIdsIn } from './incoming.ts';
import type { Reply } from './reply.ts';
import { modelSettings, replySettings, toolDefinitions } from './settings.ts';

interface ConversationOptions {
  gate: GateClient;
  welcome: Welcome;
  hooks: SessionHooks;
  /** Tells the person at the terminal. */
  show: (text: string, isTrouble: boolean) => void;
}

/** From which part of its context on a conversation is replaced by a summary. */
const FULL = 0.8;

/** An agent's own conversation with its model: what was said, how the model is asked, and how it stays short enough. */
export class Conversation {
  readonly history: History;
  /** Asked from the next request on. */
  model: string;
  /** What a skill asks for in this turn, instead of the agent's own. */
  effort: (typeof EFFORTS)[number] | undefined;
  /** Whether it is to be made shorter before the next reply. */
  isTooLong = false;
  readonly #with: ConversationOptions;
  /** What is known of the model's server. A script knows nothing of summaries. */
  readonly #server: { canCompact: boolean };
  #settings: ModelSettings | undefined;

  constructor(options: ConversationOptions) {
    const { gate, welcome } = options;
    this.#with = options;
    this.model = welcome.model;
    this.history = new History((entries) => gate.call('POST', '/agent/transcript', { entries }));
    this.#server = { canCompact: welcome.rehearsal === null };
  }

  /** Takes up the conversation of earlier lives, every cut call answered; returns the ids of the mail that is in it. */
  async restore(): Promise<string[]> {
    const { gate, welcome } = this.#with;
    const entries: TranscriptEntry[] = [];
    for await (const entry of gate.lines<TranscriptEntry>('/agent/transcript')) entries.push(entry);
    this.history.restore(entries);
    const known = userTexts(this.history.messages).flatMap(mailIdsIn);
    const cut = await answerCut(this.history.openCalls(), {
      workspace: welcome.workspace,
      known: () => gate.call('GET', '/agent/cut-calls'),
      ready: () => gate.call('GET', '/agent/ready'),
    });
    if (cut.length > 0) await this.history.addUser(cut);
    return known;
  }

  /** Sets what stays the same in every request. */
  begin(tools: readonly BetaRunnableTool[], knownSkills: readonly string[]): void {
    this.#settings = modelSettings(this.#with.welcome, tools, knownSkills);
  }

  /** Offers these tools from the next request on. */
  offer(tools: readonly BetaRunnableTool[]): void {
    if (this.#settings !== undefined) this.#settings.tools = toolDefinitions(tools);
  }

  /** How the model is asked now. */
  settings(): ModelSettings {
    if (this.#settings === undefined) throw new Error('asked for before the tools were made');
    const { replies } = this.#with.welcome;
    const now = this.effort === undefined ? replies : { ...replies, effort: this.effort };
    return { ...this.#settings, ...replySettings({ replies: now }), model: this.model };
  }

  /** Replaces the conversation by a summary when it is nearly full, when the model takes it no more, or when asked to. */
  async makeRoom(reply: Reply | undefined, signal: AbortSignal): Promise<void> {
    const { gate, welcome, hooks, show } = this.#with;
    if (reply !== undefined) {
      const { input, cacheRead, cacheWrite, output } = reply.usage;
      const used = input + cacheRead + cacheWrite + output;
      if (used < welcome.contextTokens * FULL && !this.isTooLong) return;
    }
    const refused = await hooks.beforeSummary(this.isTooLong);
    this.isTooLong = false;
    if (refused) return;
    show('The conversation is long; I replace it by a summary.', false);
    await compact({
      ...{ gate, settings: this.settings(), history: this.history, signal },
      server: this.#server,
      situation: async () => (await gate.call<{ text: string }>('GET', '/agent/situation')).text,
    });
    show('Summed up.', false);
    await hooks.afterSummary();
  }
}
