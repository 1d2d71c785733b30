import { plainText } from '../text/plain.ts';

/** Something that a person should hear of although they may be looking elsewhere. */
export interface Notice {
  /** `question`: an agent waits for an answer; `mail`: somebody wrote to the user. */
  kind: 'question' | 'mail' | 'failure' | 'done';
  text: string;
}

/** Most characters of a notice that go to the desktop. */
const TEXT_MAX = 160;

/**
 * What makes the person's terminal tell them: the bell, and where it can a notice of the desktop: OSC 777 (rxvt-unicode, foot, VTE) or OSC 9
 * (iTerm2, WezTerm, kitty, Ghostty, Windows' ConEmu). Through tmux it is passed on when `allow-passthrough` is set there.
 */
export function noticeSequence(text: string, env: NodeJS.ProcessEnv): string {
  const term = env.TERM ?? '';
  const isInTmux = (env.TMUX ?? '') !== '';
  if (/^(?:dumb|linux|vt\d|screen$)/.test(term) && !isInTmux) return '\x07';
  // No semicolon: OSC 777 separates by it.
  const said = plainText(text).replaceAll(';', ',').slice(0, TEXT_MAX);
  const takes777 = env.VTE_VERSION !== undefined || /^(?:foot|rxvt)/.test(term);
  const osc = takes777 ? `\x1b]777;notify;cowork;${said}\x1b\\` : `\x1b]9;cowork: ${said}\x07`;
  return isInTmux ? `\x07\x1bPtmux;${osc.replaceAll('\x1b', '\x1b\x1b')}\x1b\\` : `\x07${osc}`;
}
