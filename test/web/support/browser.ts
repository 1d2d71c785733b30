import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const PROGRAM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

/** Why tests with a browser can't run here, or false. */
export const NO_BROWSER =
  PROGRAM === undefined
    ? 'no Chromium on this machine: apt-get install --no-install-recommends chromium'
    : false;

export function openBrowser(): Promise<Browser> {
  if (PROGRAM === undefined) throw new Error('asked for only where there is one');
  // Its own sandbox needs a user that is not root; the pages are ours.
  return chromium.launch({ executablePath: PROGRAM, args: ['--no-sandbox'] });
}
