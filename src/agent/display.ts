import type { BetaToolResultBlockParam } from '@anthropic-ai/sdk/resources/beta';
import type { Welcome } from '../protocol/gate.ts';
import { sgrOf } from '../text/colors.ts';
import { describeCall, describeResult, resultText, shortCount } from './describe.ts';
import type { Shown } from './incoming.ts';
import type { ReplyUsage } from './reply.ts';
import type { Screen } from './screen.ts';
import { changedLines } from './show-change.ts';
import { type Span, span } from './spans.ts';

/** A tool call as far as it has come. */
interface Call {
  name: string;
  input: unknown;
  started: number;
  result?: string;
}

/** How many calls can be looked at again, and how many lines of each. */
const CALLS_KEPT = 20;
const DETAIL_LINES = 200;
/** Lines that are shown of an error by themselves. */
const ERROR_LINES = 4;

/** Puts what an agent does on its screen, for people: header, mail, tool calls, and in what state it is. */
export class Display {
  readonly #screen: Screen;
  readonly #welcome: Welcome;
  readonly #calls = new Map<string, Call>();
  readonly #done: Call[] = [];
  #detailAt = 0;
  #tokens = { input: 0, output: 0 };
  #state = 'starting';
  #reason = '';
  #task: string | null = null;
  /** What it does at this moment, and since when. */
  #doing = '';
  #since = performance.now();
  #timer: NodeJS.Timeout | undefined;

  constructor(screen: Screen, welcome: Welcome) {
    this.#screen = screen;
    this.#welcome = welcome;
  }

  header(): void {
    const { team, name, role, model, color, job, rehearsal, sandbox, grants } = this.#welcome;
    const what = rehearsal === null ? model : `${rehearsal}: a script plays the model`;
    const who = [span(name, `1;${sgrOf(color) ?? '35'}`), span(` · ${role} of ${team} · ${what}`, '2')];
    const rows: Span[][] = [who, [span(job.trim().split('\n')[0] ?? '')]];
    for (const { path, mode, failed } of grants) {
      rows.push([
        span(
          failed === null ? `${path} (${mode})` : `${path}: not available, ${failed}`,
          failed === null ? '2' : '31',
        ),
      ]);
    }
    if (sandbox === 'none') rows.push([span('No sandbox: this agent runs directly on the host.', '31')]);
    rows.push([span('Type to tell this agent something; Esc interrupts it; /help.', '2')], []);
    this.#screen.printLines(rows, 2);
  }

  /** The state as it was told to the keeper. */
  state(state: string, reason: string): void {
    if (state !== this.#state) this.#since = performance.now();
    this.#state = state;
    this.#reason = reason;
    if (state === 'idle') this.#task = null;
    clearInterval(this.#timer);
    // Only while it works: an idle agent's machine must be able to sleep.
    if (state === 'working') this.#timer = setInterval(() => this.refresh(), 1_000).unref();
    this.#does(state === 'working' ? 'thinks' : '');
  }

  task(id: string): void {
    this.#task = id;
    this.refresh();
  }

  said(line: string): void {
    this.#screen.printLines([[span('› ', '1;35'), span(line, '35')]], 2);
  }

  info(text: string): void {
    this.#screen.print(text, '2', 2);
  }

  /** Lines that answer a command of the person. */
  answer(lines: readonly string[]): void {
    this.#screen.printLines(
      lines.map((line) => [span(`  ${line}`, '36')]),
      4,
    );
  }

  trouble(text: string): void {
    this.#screen.print(text, '31', 2);
  }

  text(delta: string): void {
    if (this.#doing !== 'writes') this.#does('writes');
    this.#screen.stream(delta);
  }

  replied(usage: ReplyUsage): void {
    this.#tokens.input += usage.input + usage.cacheRead + usage.cacheWrite;
    this.#tokens.output += usage.output;
    this.#screen.endStream();
    this.#does('thinks');
  }

  toolStarted(id: string, name: string, input: unknown): void {
    this.#calls.set(id, { name, input, started: performance.now() });
    this.#does(describeCall(name, input));
  }

  toolEnded(result: BetaToolResultBlockParam): void {
    const call = this.#calls.get(result.tool_use_id) ?? {
      name: 'tool',
      input: {},
      started: performance.now(),
    };
    this.#calls.delete(result.tool_use_id);
    call.result = resultText(result);
    this.#done.push(call);
    if (this.#done.length > CALLS_KEPT) this.#done.shift();
    this.#detailAt = this.#done.length;
    const failed = result.is_error === true;
    const [name = '', ...detail] = describeCall(call.name, call.input).split('  ');
    const seconds = ((performance.now() - call.started) / 1000).toFixed(1);
    const outcome = failed ? '' : describeResult(result);
    this.#screen.printRow(
      [span(failed ? '✗ ' : '✓ ', failed ? '31' : '32'), span(name, '1'), span(`  ${detail.join('  ')}`)],
      [span(`${seconds} s`, '2'), span(outcome === '' ? '' : `  ${outcome}`, '2')],
    );
    if (failed) this.#screen.print(lastLines(call.result, ERROR_LINES), '31', 4);
    else this.#screen.printLines(changedLines(call.name, call.input), 6);
    const other = [...this.#calls.values()].at(-1);
    this.#does(other === undefined ? 'thinks' : describeCall(other.name, other.input));
  }

  /** Mail, tasks and words of the runtime that have come to the model. */
  entered(shown: readonly Shown[]): void {
    for (const { who, text } of shown) {
      if (text === '') continue;
      const style = who === 'user' ? '35' : who === 'team' ? '2' : '36';
      const [first = '', ...rest] = text.trim().split('\n');
      this.#screen.printLines(
        [
          [span('« ', style), span(`${who} `, `1;${style}`), span(first, style)],
          ...rest.map((line) => [span(`  ${line}`, style)]),
        ],
        2,
      );
    }
  }

  /** The last tool call in full; asked again, the one before it. */
  detail(): void {
    const call = this.#done[--this.#detailAt];
    if (call === undefined) {
      this.#detailAt = this.#done.length;
      this.info(this.#done.length === 0 ? 'No tool call yet.' : 'No earlier tool call is kept.');
      return;
    }
    const input = JSON.stringify(call.input, undefined, 2).replaceAll('\\n', '\n    ');
    this.#screen.printLines([
      [span(`─── ${call.name} `, '1'), span(`(${this.#detailAt + 1} of ${this.#done.length})`, '2')],
    ]);
    for (const part of [input, call.result ?? '']) {
      const lines = part.split('\n');
      const more = lines.length - DETAIL_LINES;
      this.#screen.print(
        lines
          .slice(0, DETAIL_LINES)
          .map((line) => `  ${line}`)
          .join('\n'),
        '',
        2,
      );
      if (more > 0) this.info(`  … ${more} more lines`);
    }
    this.info('───');
  }

  #does(what: string): void {
    if (what !== this.#doing) this.#since = performance.now();
    this.#doing = what;
    this.refresh();
  }

  /** Draws the state's row. */
  refresh(): void {
    const { name, rehearsal } = this.#welcome;
    const [mark, style] = MARKS[this.#state] ?? ['○', '2'];
    const seconds = Math.floor((performance.now() - this.#since) / 1000);
    const left = [
      span(`${mark} ${this.#state}`, style),
      span(this.#task === null ? '' : ` ${this.#task}`, style),
      span(this.#doing === '' ? '' : ` · ${this.#doing}`, '2'),
      span(this.#doing === '' || seconds < 1 ? '' : ` · ${seconds} s`, '2'),
      span(this.#doing !== '' || this.#reason === '' ? '' : ` · ${this.#reason}`, '2'),
    ];
    const used = `${shortCount(this.#tokens.input)} in ${shortCount(this.#tokens.output)} out`;
    this.#screen.status(left, [
      span([name, used, ...(rehearsal === null ? [] : ['rehearsal'])].join(' · '), '2'),
    ]);
  }
}

const MARKS: Record<string, [string, string]> = {
  working: ['●', '32'],
  waiting: ['●', '33'],
  failed: ['✗', '31'],
};

function lastLines(text: string, count: number): string {
  const lines = text.trim().split('\n');
  const before = lines.length - count;
  return [
    ...(before > 0 ? [`… ${before} line${before === 1 ? '' : 's'} before`] : []),
    ...lines.slice(-count),
  ]
    .map((line) => `    ${line}`)
    .join('\n');
}
