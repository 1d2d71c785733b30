// The pictures of the dashboard: a browser looks at the team of the pictures, as a person with that screen would see it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { serveDashboard } from '../../src/web/serve.ts';

const PROGRAM = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));

const DESK = { width: 1280, height: 760 };
const PHONE = { width: 390, height: 760 };

/** One picture: its name, the view, the screen, and what must be there. */
const PICTURES = [
  { name: 'web-board', view: 'board', size: DESK, colorScheme: 'light', wanted: 'List what is missing' },
  { name: 'web-agents', view: 'agents', size: DESK, colorScheme: 'dark', wanted: 'Memory of the' },
  { name: 'web-pane', view: 'panes/ada', size: DESK, colorScheme: 'light', wanted: 'Keys go to ada' },
  { name: 'web-phone', view: 'requests', size: PHONE, colorScheme: 'light', wanted: 'rates.example.org' },
];

/** Writes them to a folder; gives their names. */
export async function pictureDashboard({ home, env, team, out }) {
  if (PROGRAM === undefined) throw new Error('no Chromium on this machine: apt-get install chromium');
  await using dashboard = await serveDashboard({ home, env, port: 0 });
  const browser = await chromium.launch({ executablePath: PROGRAM, args: ['--no-sandbox'] });
  try {
    for (const { name, view, size, colorScheme, wanted } of PICTURES) {
      const page = await browser.newPage({ viewport: size, colorScheme, reducedMotion: 'reduce' });
      await page.goto(dashboard.link('full'));
      await page.goto(`${dashboard.origin}/#/${team}/${view}`);
      await page.getByText(wanted).first().waitFor({ timeout: 60_000 });
      await page.waitForTimeout(4_000); // what else is drawn with it
      await page.screenshot({ path: join(out, `${name}.png`) });
      await page.close();
      process.stdout.write(`docs/pictures/${name}.png\n`);
    }
  } finally {
    await browser.close();
  }
}
