import type { BetaRunnableTool } from '@anthropic-ai/sdk/lib/tools/BetaRunnableTool';
import type { SkillText } from '../protocol/extensions.ts';
import type { AgentEvent, UserAnswer, Welcome } from '../protocol/gate.ts';
import type { ServerEvent } from '../protocol/servers.ts';
import { EFFORTS } from '../protocol/team.ts';
import { Conversation } from './conversation.ts';
import { Display } from './display.ts';
import type { GateClient } from './gate-client.ts';
import { Hooks } from './hooks/hooks.ts';
import { SessionHooks } from './hooks/session.ts';
import { Incoming } from './incoming.ts';
import { isCutAnswer, reasonOf } from './model-error.ts';
import { PromptLine } from './prompt-line.ts';
import { saveWorkspace } from './save-workspace.ts';
import type { Screen } from './screen.ts';
import { Servers } from './servers/servers.ts';
import { Skills } from './skills/skills.ts';
import { agentTools } from './tools.ts';
import { runTurn, type TurnListener, type TurnOutcome } from './turn.ts';
import { UserMail } from './user-mail.ts';

/** What the agent needs of the machine that it runs on. */
export interface Surroundings {
  screen: Screen;
  /** Gives the terminal another size. */
  resize(cols: number, rows: number): void;
}

type Shutdown = AgentEvent & { type: 'shutdown' };

/** How often an answer that was cut is asked for again, in a row. */
const CUT_RETRIES = 5;
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
  readonly #display: Display;
  readonly #resize: Surroundings['resize'];
  readonly #conversation: Conversation;
  readonly #prompt: PromptLine;
  readonly #incoming: Incoming;
  readonly #userMail: UserMail;
  readonly #unseen = new Set<number>();
  readonly #skills: Skills;
  readonly #hooks: SessionHooks;
  readonly #servers: Servers;
  #turn = new AbortController();
  /** Aborted when the agent is to end: what runs may finish, nothing new is begun. */
  readonly #leaving = new AbortController();
  #state = 'starting';
  /** The effort that a skill wants in the turn that a command begins. */
  #effortOfCommand: (typeof EFFORTS)[number] | undefined;
  #shutdown: Shutdown | undefined;

  constructor(gate: GateClient, welcome: Welcome, { screen, resize }: Surroundings) {
    this.#gate = gate;
    this.#welcome = welcome;
    this.#screen = screen;
    this.#display = new Display(screen, welcome);
    this.#resize = resize;
    this.#incoming = new Incoming(welcome.role);
    this.#skills = new Skills(gate, welcome);
    const show = (text: string, isTrouble: boolean): void =>
      isTrouble ? this.#display.trouble(text) : this.#display.info(text);
    this.#hooks = new SessionHooks(new Hooks({ gate, welcome, show }), welcome);
    this.#userMail = new UserMail(this.#incoming, this.#skills, this.#hooks);
    this.#servers = new Servers({ gate, welcome, show });
    this.#conversation = new Conversation({ gate, welcome, hooks: this.#hooks, show });
    this.#prompt = new PromptLine({
      submit: (line) => this.#userSaid(line),
      interrupt: () => this.#interrupt('the user'),
      detail: () => this.#display.detail(),
      changed: (line, cursor) => this.#screen.typed(line, cursor),
    });
  }

  /** Raw bytes that the person typed. */
  input(bytes: Buffer): void {
    this.#prompt.input(bytes);
  }

  /** Runs until the keeper asks for the end; returns its reason. */
  async run(): Promise<string> {
    this.#display.header();
    await this.#restore();
    this.#incoming.onInterrupt = () => this.#interrupt('a message');
    this.#incoming.onKnown = (seq) => this.#seen([seq]);
    void this.#listen();
    if (this.#welcome.role === 'lead' && !this.#welcome.resumes) {
      this.#incoming.acceptText('The job is yours. Begin.');
    }
    // Told once it can take work: the keeper answers with mail, a task or nothing.
    await this.#report('idle', 'ready');
    await this.#takeTurns(await this.#prepare());
    return this.#leave();
  }

  /** Gathers the tools, skills and servers of the first request; returns the tools, which stay those that there are. */
  async #prepare(): Promise<BetaRunnableTool[]> {
    const toolsNow = agentTools(this.#gate, this.#welcome, () => this.#conversation.model, {
      ...{ skills: this.#skills, hooks: this.#hooks.hooks, servers: this.#servers },
    });
    const tools = toolsNow();
    this.#skills.onUsed = (skill, isHere) => this.#skillUsed(skill, isHere);
    const known = await this.#skills.known(this.#welcome.extensions.known);
    this.#conversation.begin(tools, known);
    // What a server adds counts from the next request on.
    this.#servers.onTools = () => {
      tools.splice(0, tools.length, ...toolsNow());
      this.#conversation.offer(tools);
    };
    await this.#servers.settled();
    this.#servers.onTools();
    const begun = await this.#hooks.begin(this.#gate);
    if (begun !== '' && this.#welcome.wasAtRest) this.#incoming.keepBeside(begun);
    else if (begun !== '') this.#incoming.acceptText(begun);
    return tools;
  }

  /** Runs a turn for whatever arrives, until the agent is to stop. */
  async #takeTurns(tools: BetaRunnableTool[]): Promise<void> {
    let replies = 0;
    let cuts = 0;
    while (this.#shutdown === undefined) {
      await this.#incoming.arrival();
      if (this.#shutdown !== undefined) break;
      await this.#report('working', '');
      // Only now: what interrupts before this is taken along by the turn.
      this.#turn = new AbortController();
      this.#conversation.effort = this.#effortOfCommand;
      this.#effortOfCommand = undefined;
      if (this.#shutdown !== undefined) break;
      const outcome = await runTurn({
        gate: this.#gate,
        settings: () => this.#conversation.settings(),
        makeRoom: (reply, signal) => this.#conversation.makeRoom(reply, signal),
        toolsDone: (calls, signal) => this.#hooks.toolsDone(calls, signal),
        tools,
        history: this.#conversation.history,
        incoming: this.#incoming,
        listener: this.#listener(),
        unseen: this.#unseen,
        signal: this.#turn.signal,
        leaving: this.#leaving.signal,
      });
      replies += outcome.turns;
      cuts = outcome.turns > 0 ? 0 : cuts;
      if (outcome.outcome === 'failed' && isCutAnswer(outcome.error) && cuts < CUT_RETRIES) {
        await this.#answerWasCut(outcome.error, cuts++);
      } else {
        await this.#turnEnded(outcome, replies);
      }
    }
  }

  /** Ends in order, once the keeper has asked for it; returns why. */
  async #leave(): Promise<string> {
    const { reason, save } = this.#shutdown as Shutdown; // the only way out of the turns
    this.#display.info(`The team asks ${this.#welcome.name} to stop: ${reason}`);
    await this.#report('stopping', reason.slice(0, 450));
    await this.#hooks.end();
    this.#servers.end();
    if (save) await saveWorkspace(this.#gate, this.#welcome.workspace, this.#welcome.name);
    return reason;
  }

  #skillUsed(skill: SkillText, isHere: boolean): void {
    this.#hooks.hooks.skillUsed(skill.name);
    const effort = isHere ? EFFORTS.find((each) => each === skill.effort) : undefined;
    if (effort === undefined) return;
    // What a command brings counts for the turn that it begins.
    if (this.#state === 'working') this.#conversation.effort = effort;
    else this.#effortOfCommand = effort;
  }

  /** Goes on after an answer that was cut in the middle; what was said of it is in the history. */
  async #answerWasCut(error: unknown, before: number): Promise<void> {
    this.#display.trouble(`${reasonOf(error)} I ask again.`);
    await new Promise((resolve) => setTimeout(resolve, CUT_PAUSE_MS * 2 ** before));
    this.#incoming.acceptText('[team] The model server cut your answer off. Go on where you were.');
  }

  async #turnEnded(outcome: TurnOutcome, replies: number): Promise<void> {
    if (outcome.outcome === 'failed') {
      const reason = reasonOf(outcome.error);
      this.#display.trouble(`The turn failed: ${reason}`);
      await this.#report('failed', reason);
    }
    if (outcome.outcome === 'stopped') this.#display.trouble(outcome.text);
    if (outcome.outcome === 'interrupted') this.#display.trouble('Interrupted.');
    // Who is to stop is not sent back to work.
    const verdict =
      this.#shutdown === undefined
        ? await this.#hooks.turnEnded(outcome, this.#incoming.isEmpty)
        : { feedback: '', stops: '' };
    if (verdict.feedback !== '') {
      this.#incoming.acceptText(verdict.feedback);
      return;
    }
    await this.#gate.call('POST', '/agent/turn-ended', {
      text: outcome.outcome === 'failed' ? reasonOf(outcome.error) : cutBytes(outcome.text, 30_000),
      outcome: outcome.outcome,
      turns: replies,
    });
    if (outcome.outcome === 'failed' || this.#shutdown !== undefined) return;
    const held = { interrupted: 'interrupted', stopped: outcome.text.slice(0, 450), ended: '', limit: '' };
    const why = verdict.stops || held[outcome.outcome];
    if (why !== '' && this.#incoming.isEmpty) await this.#report('waiting', why);
    else await this.#report('idle', '');
  }

  async #restore(): Promise<void> {
    if (!this.#welcome.resumes) return;
    const known = await this.#conversation.restore();
    this.#incoming.alreadyKnown(known);
    if (this.#welcome.wasAtRest) this.#incoming.keepBeside(describeReturn(this.#welcome));
    else this.#incoming.acceptText(RESTARTED);
    this.#display.info(
      `Restored from the transcript: ${this.#conversation.history.messages.length} messages.`,
    );
  }

  async #listen(): Promise<void> {
    for await (const event of this.#gate.events()) this.#heard(event);
  }

  #heard(event: AgentEvent): void {
    if (event.type === 'resize') {
      this.#resize(event.cols, event.rows);
      this.#screen.resized();
    } else if (event.type === 'shutdown') {
      this.#shutdown = event;
      this.#leaving.abort();
      this.#servers.leave();
      setTimeout(() => this.#turn.abort(), event.finishMs);
      this.#incoming.acceptText(''); // wakes it
    } else if (event.type === 'model') {
      this.#conversation.model = event.model;
    } else if (event.type === 'replies') {
      this.#welcome.replies = event.replies; // its helpers look there, too
    } else if (event.type === 'compact') {
      this.#conversation.isTooLong = true;
    } else if (event.type === 'user-task') {
      void this.#hooks.userTask(event.task, this.#gate);
    } else if (isServerEvent(event)) {
      this.#servers.heard(event);
    } else {
      if (event.type === 'task') this.#display.task(event.task.id);
      if (event.type === 'mail') for (const message of event.messages) void this.#userMail.accept(message);
      else this.#incoming.accept(event);
    }
  }

  #userSaid(line: string): void {
    this.#display.said(line);
    // The keeper makes it a message of the user, which comes back as mail, or answers a command.
    this.#gate.call<UserAnswer>('POST', '/agent/user-said', { text: line }).then(
      ({ lines, clear }) => {
        if (clear === true) this.#screen.clear();
        this.#display.answer(lines);
      },
      (error: unknown) => this.#display.trouble(`Not taken: ${reasonOf(error)}`),
    );
  }

  #seen(seqs: number[]): void {
    void this.#gate.call('POST', '/agent/seen', { seqs }).catch(() => {}); // told again after a restart
  }

  #interrupt(by: string): void {
    if (this.#state !== 'working') return;
    this.#display.trouble(`Interrupted by ${by}.`);
    this.#turn.abort();
  }

  #listener(): TurnListener {
    const display = this.#display;
    return {
      text: (delta) => display.text(delta),
      toolStarted: (id, name, input) => display.toolStarted(id, name, input),
      toolEnded: (result) => display.toolEnded(result),
      reply: ({ usage }) => display.replied(usage),
      entered: ({ shown }) => display.entered(shown),
      seen: (seqs) => this.#seen(seqs),
    };
  }

  async #report(state: string, reason: string): Promise<void> {
    this.#state = state;
    this.#display.state(state, reason);
    await this.#gate.call('POST', '/agent/state', { state, reason });
  }
}

const RESTARTED =
  '[team] You were restarted and your conversation was restored. Files in granted folders and the task list are as they were; your scratch folder is empty. Go on where you were.';

/** What one hears, with the first word to it, that came back at rest. */
function describeReturn({ roster, sandbox, workspace }: Welcome): string {
  const others = roster.map(({ name, role }) => `${name}: ${JSON.stringify(role)}`).join('; ');
  const scratch = sandbox === 'vm' ? ` ${workspace} is new and empty.` : '';
  return `[team] Meanwhile the team was stopped and brought back, and your conversation was restored. You had nothing to do then, and nothing was cut off.${scratch} The team now: ${others}.`;
}

const isServerEvent = (event: AgentEvent): event is ServerEvent => event.type.startsWith('serve');

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
