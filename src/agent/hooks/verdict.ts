import type { CallAnswer } from '../../protocol/servers.ts';
import type { ShellEnd } from '../run-shell.ts';

/** What a hook has decided. */
export interface Verdict {
  outcome: 'ok' | 'blocked' | 'failed';
  /** Why it blocks, for the model; or why it failed, for people. */
  reason: string;
  /** What the model is told beside. */
  context: string;
  /** What people are told. */
  message: string;
  /** Input of a tool in place of the given one. */
  updatedInput: Record<string, unknown> | undefined;
  /** False: the agent is to stop, for `stopReason`. */
  goesOn: boolean;
  stopReason: string;
}

export const NOTHING: Verdict = {
  ...{ outcome: 'ok', reason: '', context: '', message: '', updatedInput: undefined },
  ...{ goesOn: true, stopReason: '' },
};

/** Events whose plain output is told to the model. */
const SAYS_CONTEXT = new Set(['SessionStart', 'UserPromptSubmit', 'SubagentStart']);

/** Reads how a program ended: 0 with JSON or text, 2 blocks with stderr as the reason, everything else has failed and blocks nothing. */
export function verdictOfEnd(event: string, { code, why, stdout, stderr }: ShellEnd): Verdict {
  if (code === 2)
    return {
      ...NOTHING,
      outcome: 'blocked',
      reason: cut(stderr.trim() || 'A hook refused it without a reason.'),
    };
  if (code !== 0) {
    const said = [why || `it ended with ${code}`, stderr.trim()].filter((part) => part !== '').join(': ');
    return { ...NOTHING, outcome: 'failed', reason: cut(said) };
  }
  const text = stdout.trim();
  if (text.startsWith('{')) return verdictOfJson(event, text);
  return {
    ...NOTHING,
    context: SAYS_CONTEXT.has(event) ? cut(text) : '',
    message: SAYS_CONTEXT.has(event) ? '' : cut(text),
  };
}

/** Reads what a server's tool gave: as what a program printed, or as one that failed. */
export function verdictOfAnswer(event: string, { content, isError }: CallAnswer): Verdict {
  const text = content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join('\n');
  return verdictOfEnd(event, { code: isError ? 1 : 0, why: '', stdout: isError ? '' : text, stderr: text });
}

/** Reads the JSON of a hook. What is no JSON, or of another shape than the format's, has failed and blocks nothing. */
export function verdictOfJson(event: string, text: string): Verdict {
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    return {
      ...NOTHING,
      outcome: 'failed',
      reason: `its output begins like JSON and is none: ${cut(text, 200)}`,
    };
  }
  const all = objectOf(said);
  const own = objectOf(all.hookSpecificOutput);
  const decision = textOf(own.permissionDecision) || textOf(all.decision);
  const reason = textOf(own.permissionDecisionReason) || textOf(all.reason);
  const isBlocked = BLOCKS.has(decision);
  const asks = decision === 'ask' || decision === 'defer';
  const input = own.updatedInput;
  return {
    outcome: isBlocked || asks ? 'blocked' : 'ok',
    reason: isBlocked
      ? cut(reason || 'A hook refused it without a reason.')
      : asks
        ? cut(
            `${reason || 'A hook wants the user to decide on this.'} Ask with ask_user before you try again.`,
          )
        : '',
    context: cut(
      textOf(own.additionalContext) || (event === 'SessionStart' ? textOf(all.additionalContext) : ''),
    ),
    message: cut(textOf(all.systemMessage)),
    updatedInput:
      typeof input === 'object' && input !== null && !Array.isArray(input) ? objectOf(input) : undefined,
    goesOn: all.continue !== false,
    stopReason: cut(textOf(all.stopReason)),
  };
}

const BLOCKS = new Set(['deny', 'block']);

/** What several hooks of one event decided together: one that blocks is enough, whatever the others allow. */
export function together(verdicts: readonly Verdict[]): Verdict {
  const join = (texts: readonly string[]): string => texts.filter((text) => text !== '').join('\n');
  const blocking = verdicts.filter(({ outcome }) => outcome === 'blocked');
  const stopping = verdicts.find(({ goesOn }) => !goesOn);
  return {
    outcome: blocking.length > 0 ? 'blocked' : 'ok',
    reason: join(blocking.map(({ reason }) => reason)),
    context: join(verdicts.map(({ context }) => context)),
    message: join(verdicts.map(({ message }) => message)),
    updatedInput: verdicts.findLast(({ updatedInput }) => updatedInput !== undefined)?.updatedInput,
    goesOn: stopping === undefined,
    stopReason: stopping?.stopReason ?? '',
  };
}

const TEXT_MAX = 10_000;
const cut = (text: string, max = TEXT_MAX): string => (text.length <= max ? text : `${text.slice(0, max)} …`);
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
const objectOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {}; // as just checked
