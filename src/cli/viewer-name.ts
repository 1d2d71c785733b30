import { readlinkSync } from 'node:fs';
import { userName } from '../store/user-name.ts';

/** The user and the terminal, for other viewers and for the record: `me pts/3`; what can't be known is left out. */
export const viewerName = (): string => `${userName()} ${terminalName()}`.trim().slice(0, 64);

function terminalName(): string {
  try {
    const input = readlinkSync('/proc/self/fd/0');
    return /^\/dev\/(pts\/|tty)/.test(input) ? input.slice('/dev/'.length) : '';
  } catch {
    return ''; // no /proc: the viewer is counted and not named
  }
}
