import { Anthropic } from '@anthropic-ai/sdk';
import type { BetaMessage, BetaToolResultBlockParam } from '@anthropic-ai/sdk/resources/beta';
import type { AgentEvent, TranscriptEntry, Welcome } from '../protocol/gate.ts';
import { describeCall, describeResult, shortCount } from './describe.ts';
import type { GateClient } from './gate-client.ts';
import { History, userTexts } from './history.ts';
import { type Batch, Incoming, mailIdsIn } from './incoming.ts';
import { isCutAnswer, reasonOf } from './model-error.ts';
import { PromptLine } from './prompt-line.ts';
import type { Screen } from './screen.ts';
import { systemPrompt } from './system-prompt.ts';
import { agentTools } from './tools.ts';
import { runTurn, type TurnListener, type TurnOutcome } from './turn.ts';

/** What the agent needs of the machine that it runs on. */
export interface Surroundings {
  screen: Screen;
  /** Gives the terminal another size. */
  resize(cols: number, rows: number): void;
}

const MODEL_RETRIES = 5;
/** Pause before the answer is asked for again; it doubles with each cut in a row. */
const CUT_PAUSE_MS = 250;

/**
 * One agent: waits for something to be said to it, runs a turn, reports how it ended, and waits again. Everything that
 * must outlive it goes to the keeper as it happens.
 */
export class Agent {
  readonly #gate: GateClient;
  readonly #welcome: Welcome;
  readonly #screen: Screen;
  readonly #resize: Surroundings['resize'];
  readonly #history: History;
  readonly #tokens = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
  readonly #calls = new Map<string, { line: string; started: number }>();
  readonly #prompt: PromptLine;
  readonly #unseen = new Set<number>();
  #incoming: Incoming;
  #turn = new AbortController();
  #state = 'starting';
  #task: string | null = null;
  #shutdown: string | undefined;

  constructor(gate: GateClient, welcome: Welcome, { screen, resize }: Surroundings) {
    this.#gate = gate;
    this.#welcome = welcome;
    this.#screen = screen;
    this.#resize = resize;
    this.#history = new History((entry) => gate.call('POST', '/agent/transcript', { entries: [entry] }));
    this.#incoming = new Incoming(welcome.role, new Set());
    this.#prompt = new PromptLine({
      submit: (line) => this.#userSaid(line),
      interrupt: () => this.#interrupt('the user'),
      changed: (line) => this.#screen.typed(line),
    });
  }

  /** Raw bytes that the person typed. */
  input(bytes: Buffer): void {
    this.#prompt.input(bytes);
  }

  /** Runs until the keeper asks for the end; returns its reason. */
  async run(): Promise<string> {
    this.#header();
    await this.#restore();
    this.#incoming.onInterrupt = () => this.#interrupt('a message');
    this.#incoming.onKnown = (seq) => this.#seen([seq]);
    void this.#listen();
    if (this.#welcome.role === 'lead' && !this.#welcome.resumes) {
      this.#incoming.acceptText('The job is yours. Begin.');
    }
    // Told once it can take work: the keeper answers with mail, a task or nothing.
    await this.#report('idle', 'ready');
    const client = new Anthropic({
      apiKey: 'held-by-the-keeper',
      baseURL: 'http://gate',
      fetch: this.#gate.fetch,
      maxRetries: MODEL_RETRIES,
    });
    const tools = agentTools(this.#gate, this.#welcome);
    const system = systemPrompt(this.#welcome);
    let replies = 0;
    let cuts = 0;
    while (this.#shutdown === undefined) {
      await this.#incoming.arrival();
      if (this.#shutdown !== undefined) break;
      await this.#report('working', '');
      // Only now: what interrupts before this is taken along by the turn.
      this.#turn = new AbortController();
      if (this.#shutdown !== undefined) break;
      const outcome = await runTurn({
        client,
        model: this.#welcome.model,
        system,
        tools,
        history: this.#history,
        incoming: this.#incoming,
        listener: this.#listener(),
        unseen: this.#unseen,
        signal: this.#turn.signal,
        maxReplies: this.#welcome.maxTurns - replies,
      });
      replies += outcome.turns;
      cuts = outcome.turns > 0 ? 0 : cuts;
      if (outcome.outcome === 'failed' && isCutAnswer(outcome.error) && cuts < MODEL_RETRIES) {
        await this.#answerWasCut(outcome.error, cuts++);
      } else {
        await this.#turnEnded(outcome, replies);
      }
    }
    this.#screen.print(`The team asks ${this.#welcome.name} to stop: ${this.#shutdown}`, 'dim');
    return this.#shutdown;
  }

  /** Goes on after an answer that was cut in the middle; what was said of it is in the history. */
  async #answerWasCut(error: unknown, before: number): Promise<void> {
    this.#screen.print(`${reasonOf(error)} I ask again.`, 'bad');
    await new Promise((resolve) => setTimeout(resolve, CUT_PAUSE_MS * 2 ** before));
    this.#incoming.acceptText('[team] The model server cut your answer off. Go on where you were.');
  }

  async #turnEnded(outcome: TurnOutcome, replies: number): Promise<void> {
    if (outcome.outcome === 'failed') {
      const reason = reasonOf(outcome.error);
      this.#screen.print(`The turn failed: ${reason}`, 'bad');
      await this.#report('failed', reason);
    }
    if (outcome.outcome === 'limit') this.#screen.print('The limit of replies is reached.', 'bad');
    if (outcome.outcome === 'interrupted') this.#screen.print('Interrupted.', 'bad');
    await this.#gate.call('POST', '/agent/turn-ended', {
      text: outcome.outcome === 'failed' ? reasonOf(outcome.error) : cutBytes(outcome.text, 30_000),
      outcome: outcome.outcome,
      turns: replies,
    });
    if (outcome.outcome === 'failed' || outcome.outcome === 'limit') return;
    if (outcome.outcome === 'interrupted' && this.#incoming.isEmpty)
      await this.#report('waiting', 'interrupted');
    else await this.#report('idle', '');
  }

  async #restore(): Promise<void> {
    if (!this.#welcome.resumes) return;
    const entries: TranscriptEntry[] = [];
    for await (const entry of this.#gate.lines<TranscriptEntry>('/agent/transcript')) entries.push(entry);
    this.#history.restore(entries);
    const known = new Set(userTexts(this.#history.messages).flatMap(mailIdsIn));
    this.#incoming = new Incoming(this.#welcome.role, known);
    const cut = this.#history.unanswered(
      'Cut off: the agent was restarted. What the call had done by then is not known; look before you repeat it.',
    );
    if (cut.length > 0) await this.#history.addUser(cut);
    this.#incoming.acceptText(
      '[team] You were restarted and your conversation was restored. Files in granted folders and the task list are as they were; your scratch folder is empty. Go on where you were.',
    );
    this.#screen.print(`Restored from the transcript: ${this.#history.messages.length} messages.`, 'dim');
  }

  async #listen(): Promise<void> {
    for await (const event of this.#gate.events()) this.#heard(event);
  }

  #heard(event: AgentEvent): void {
    if (event.type === 'resize') {
      this.#resize(event.cols, event.rows);
      this.#screen.resized();
    } else if (event.type === 'shutdown') {
      this.#shutdown = event.reason;
      this.#turn.abort();
      this.#incoming.acceptText('');
    } else {
      if (event.type === 'task') this.#task = event.task.id;
      this.#incoming.accept(event);
    }
  }

  #userSaid(line: string): void {
    this.#screen.print(`you: ${line}`, 'user');
    // The keeper makes it a message of the user, which comes back as mail.
    void this.#gate.call('POST', '/agent/user-said', { text: line }).catch((error: unknown) => {
      this.#screen.print(`Not taken: ${reasonOf(error)}`, 'bad');
    });
  }

  #seen(seqs: number[]): void {
    void this.#gate.call('POST', '/agent/seen', { seqs }).catch(() => {}); // told again after a restart
  }

  #interrupt(by: string): void {
    if (this.#state !== 'working') return;
    this.#screen.print(`Interrupted by ${by}.`, 'bad');
    this.#turn.abort();
  }

  #listener(): TurnListener {
    return {
      text: (delta) => this.#screen.stream(delta),
      toolStarted: (id, name, input) => {
        const line = describeCall(name, input);
        this.#calls.set(id, { line, started: performance.now() });
        this.#showStatus(line);
      },
      toolEnded: (result) => this.#showResult(result),
      reply: (message) => this.#count(message),
      entered: (batch) => this.#showEntered(batch),
      seen: (seqs) => this.#seen(seqs),
    };
  }

  #showResult(result: BetaToolResultBlockParam): void {
    const call = this.#calls.get(result.tool_use_id);
    this.#calls.delete(result.tool_use_id);
    const seconds = ((performance.now() - (call?.started ?? 0)) / 1000).toFixed(1);
    const mark = result.is_error ? '✗' : '✓';
    this.#screen.printCut(
      `${mark} ${call?.line ?? 'tool'}  (${seconds} s)`,
      result.is_error ? 'bad' : 'good',
    );
    this.#screen.printCut(`    ${describeResult(result)}`, 'dim');
    this.#showStatus('');
  }

  #showEntered(batch: Batch): void {
    for (const line of batch.shown) {
      if (line !== '') this.#screen.print(`« ${line}`, 'mail');
    }
  }

  #count({ usage }: BetaMessage): void {
    this.#tokens.input += usage.input_tokens;
    this.#tokens.output += usage.output_tokens;
    this.#tokens.cacheRead += usage.cache_read_input_tokens ?? 0;
    this.#tokens.cacheWrite += usage.cache_creation_input_tokens ?? 0;
    this.#screen.stream('\n');
    this.#showStatus('');
  }

  async #report(state: string, reason: string): Promise<void> {
    this.#state = state;
    if (state === 'idle') this.#task = null;
    this.#showStatus('');
    await this.#gate.call('POST', '/agent/state', { state, reason });
  }

  #showStatus(doing: string): void {
    const { name, role, rehearsal } = this.#welcome;
    const { input, cacheRead, cacheWrite, output } = this.#tokens;
    const tokens = `${shortCount(input + cacheRead + cacheWrite)} in ${shortCount(output)} out`;
    const task = this.#task === null ? '' : ` ${this.#task}`;
    const parts = [name === role ? name : `${name} (${role})`, `${this.#state}${task}`, doing, tokens];
    if (rehearsal !== null) parts.push('rehearsal');
    this.#screen.status(parts.filter((part) => part !== '').join(' · '));
  }

  #header(): void {
    const { team, name, job, rehearsal, sandbox, grants } = this.#welcome;
    this.#screen.print(`${name} · team ${team}`, 'strong');
    this.#screen.print(job.split('\n')[0] ?? '', 'plain');
    for (const grant of grants) {
      const mark = grant.failed === null ? grant.mode : `not available: ${grant.failed}`;
      this.#screen.print(`${grant.path} (${mark})`, grant.failed === null ? 'dim' : 'bad');
    }
    if (sandbox === 'none') this.#screen.print('No sandbox: this agent runs directly on the host.', 'bad');
    if (rehearsal !== null) this.#screen.print(`Rehearsal "${rehearsal}": a script plays the model.`, 'dim');
    this.#screen.print('Type to tell this agent something; Esc interrupts it.\n', 'dim');
  }
}

/** The beginning of a text, at most `max` bytes of UTF-8. */
function cutBytes(text: string, max: number): string {
  const bytes = Buffer.from(text);
  return bytes.length <= max
    ? text
    : `${bytes
        .subarray(0, max)
        .toString('utf8')
        .replace(/\ufffd+$/, '')} …`;
}
