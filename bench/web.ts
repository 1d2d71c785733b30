// The dashboard: what a browser loads at first, how long an event takes from the file to the screen, and a team of 100,000 messages; one
// JSON object a line: `node bench/web.ts`. What needs a browser is left out where there is no Chromium.
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { openMailbox } from '../src/mailbox/mailbox.ts';
import { createTeam, type TeamRecord } from '../src/team/team.ts';
import { type Dashboard, serveDashboard } from '../src/web/serve.ts';
import { fillInbox } from './support/fill-inbox.ts';

const MESSAGES = 100_000;
const EVENTS = 40;
/** Longest that one event is waited for, in milliseconds. */
const DEADLINE_MS = 20_000;
/** How long is scrolled, in milliseconds. */
const SCROLL_MS = 10_000;
const AT = '2026-01-01T00:00:00.000Z';
const PROGRAM = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => existsSync(path));

const print = (figure: string, value: number, unit: string): void =>
  void process.stdout.write(
    `${JSON.stringify({ bench: 'web', figure, value: Math.round(value * 10) / 10, unit })}\n`,
  );
const home = await mkdtemp(join(tmpdir(), 'cowork-bench-'));
try {
  await createTeam(home, teamOf('small'));
  const large = await createTeam(home, teamOf('large'));
  await fillInbox(large, MESSAGES);
  await using dashboard = await serveDashboard({ home, env: {}, port: 0 });
  const cookie = await enter(dashboard);
  print('first load', await onTheWire(dashboard.port, ['app.js', 'app.css', 'icon.svg', 'index.html']), 'kB');
  print('a pane besides', await onTheWire(dashboard.port, ['pane.html']), 'kB');
  const began = performance.now();
  const first = await fetch(`http://127.0.0.1:${dashboard.port}/api/teams/large`, { headers: { cookie } });
  const bytes = (await first.arrayBuffer()).byteLength;
  print(`first look at ${MESSAGES} messages`, performance.now() - began, 'ms');
  print('what it sends', bytes / 1000, 'kB');
  for (const team of PROGRAM === undefined ? [] : ['small', 'large']) await eventToScreen(dashboard, team);
} finally {
  rmSync(home, { recursive: true, force: true });
}

/** What files of the page come to as a browser gets them, in kB. */
async function onTheWire(port: number, names: string[]): Promise<number> {
  let sum = 0;
  for (const name of names) {
    const headers = { 'accept-encoding': 'gzip, deflate, br, zstd' };
    const request = get({ host: '127.0.0.1', port, path: `/assets/${name}`, headers });
    const [answer] = await once(request, 'response');
    for await (const chunk of answer) sum += chunk.length;
  }
  return sum / 1000;
}

/** From just before a message is written to the frame in which it has been drawn. */
async function eventToScreen(dashboard: Dashboard, team: string): Promise<void> {
  const browser = await chromium.launch({ executablePath: PROGRAM ?? '', args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage();
    await page.goto(dashboard.link('full'));
    await page.goto(`http://127.0.0.1:${dashboard.port}/#/${team}/timeline`);
    await page.getByText('live', { exact: true }).waitFor();
    const mailbox = openMailbox(join(home, 'teams', team));
    const times: number[] = [];
    for (let n = 0; n < EVENTS; n++) {
      const text = `event number ${n}.`;
      const drawn = page.evaluate(
        `new Promise((resolve, reject) => {
          setTimeout(() => reject(new Error('nothing was drawn')), ${DEADLINE_MS});
          const look = () => document.querySelector('.timeline')?.textContent.includes(${JSON.stringify(text)})
            ? requestAnimationFrame(() => resolve(Date.now())) : setTimeout(look, 2);
          look();
        })`,
      );
      const sent = Date.now();
      await mailbox.send({ from: 'ann', to: 'bob', text, incarnation: 1 });
      times.push(Number(await drawn) - sent);
    }
    times.sort((a, b) => a - b);
    const of = team === 'large' ? `, beside ${MESSAGES} messages` : '';
    print(`event to screen, p50${of}`, times[Math.floor(EVENTS / 2)] ?? 0, 'ms');
    print(`event to screen, p95${of}`, times[Math.floor(EVENTS * 0.95)] ?? 0, 'ms');
    if (team === 'large') await scroll(page);
  } finally {
    await browser.close();
  }
}

/** Scrolls down by two thirds of a screen ten times a second, as a hurried reader does, and counts what was drawn. */
async function scroll(page: Page): Promise<void> {
  const { frames, rows, drawn } = (await page.evaluate(`new Promise((resolve) => {
    const began = performance.now();
    let frames = 0;
    let steps = 0;
    const step = () => {
      const spent = performance.now() - began;
      if (spent >= ${SCROLL_MS}) return resolve({
        frames: frames / spent * 1000,
        rows: Number(document.querySelector('.event')?.getAttribute('aria-setsize')),
        drawn: document.querySelectorAll('.event').length,
      });
      frames++;
      if (spent > steps * 100) { steps++; scrollBy(0, innerHeight * 2 / 3); }
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  })`)) as { frames: number; rows: number; drawn: number }; // made just above
  print(`scrolling, beside ${MESSAGES} messages`, frames, 'frames/s');
  print('rows that were fetched meanwhile', rows, 'rows');
  print('rows of them in the document', drawn, 'rows');
}

async function enter({ port, link }: Dashboard): Promise<string> {
  const answer = await fetch(link('full'), { redirect: 'manual' });
  const cookie = answer.headers.getSetCookie()[0]?.split(';')[0];
  if (cookie === undefined) throw new Error(`no session on port ${port}`);
  return cookie;
}

function teamOf(name: string): TeamRecord {
  const agent = (each: string) => ({
    ...{
      name: each,
      role: each === 'lead' ? ('lead' as const) : ('teammate' as const),
      title: each,
      prompt: '',
    },
    ...{ model: 'a-model', wanted: 'running' as const, reason: '', key: null, added: AT },
  });
  return {
    ...{ v: 1, revision: 1, name, job: 'Talk.', created: AT, phase: 'running', ended: null, summary: null },
    ...{ sandbox: 'none', rehearsal: null, images: '/nowhere', grants: [], allowHosts: [] },
    ...{ budgetUsd: null, maxTurns: 100, agents: ['lead', 'ann', 'bob'].map(agent) },
  };
}
