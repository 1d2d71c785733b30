import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createPane } from '../../src/pane/pane.ts';
import { createScreen } from '../../src/pane/screen.ts';
import { servePane } from '../../src/pane/serve.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary.ts';
import {
  CLIENT,
  clientArgument,
  connectWire,
  screenImage,
  startAgent,
  startTerminal,
  startViewer,
} from './support.ts';

test("attaching shows the agent's screen cell by cell, and a status line below it", async () => {
  const drawing =
    'hello \\e[1;31mred\\e[m \\e[48;5;20mblue\\e[m 漢字\\r\\n\\e[7mreverse\\e[m \\e(0lqk\\e(B\\e[10;70Hfar right';
  const bob = await startAgent('bob', `printf '${drawing}'; cat`);
  const viewer = startViewer({ bob });
  await viewer.shows('far right');
  await viewer.shows(/bob · working · Sort the mails · 12\.3k in 678 out · 2 unread/);
  expect(viewer.rows()[23]).toContain('Ctrl-] ? help');
  const expected = createScreen({ cols: 80, rows: 23 });
  expected.write(drawing.replaceAll('\\e', '\x1b').replaceAll('\\r\\n', '\r\n'));
  await expected.settled();
  await eventually('the same cells', () => {
    expect(screenImage(viewer.screen, 23)).toEqual(screenImage(expected));
    return true;
  });
  expect(viewer.screen.terminal.buffer.active.cursorX).toBe(expected.terminal.buffer.active.cursorX);
  expect(viewer.screen.terminal.buffer.active.cursorY).toBe(9);
  expected.dispose();
});

test('keys go to the agent as they are and Ctrl-] d detaches without harm to it', async () => {
  const bob = await startAgent('bob', 'stty raw -echo; echo ready; cat -v');
  const viewer = startViewer({ bob });
  await viewer.shows('ready');
  const keys = 'abc\x03\x1a\x1b[A\x1bOB\x1b[200~x\x1dd\x1b[1;2A\x1b[201~\x1b[Mabc\x1b[<0;5;5M\r';
  viewer.type(`${keys}\x1d\x1d`);
  await eventually('the keys', () => bob.typed() === `${keys}\x1d`);
  viewer.type('\x1b'); // alone, as from the Esc key
  await eventually('the escape', () => bob.typed() === `${keys}\x1d\x1b`);
  viewer.type('\x1dd');
  await viewer.shows('left bob: detached');
  expect((await viewer.exited).exitCode).toBe(0);
  expect(bob.pane.ended).toBeUndefined();
  await eventually('the viewer to be gone', () => bob.pane.viewers.size === 0);
});

test('a large paste arrives whole and in order', async () => {
  const bob = await startAgent('bob', 'stty raw -echo; echo ready; cat >/dev/null');
  const viewer = startViewer({ bob });
  await viewer.shows('ready');
  const text = Array.from({ length: 20_000 }, (_, i) => `${i} `).join('');
  viewer.type(`\x1b[200~${text}\x1b[201~`);
  await eventually('the paste', () => bob.typed() === `\x1b[200~${text}\x1b[201~`, 20_000);
}, 30_000);

test('what the agent does to the clipboard, the title and the modes does not reach the terminal, or ends with the pane', async () => {
  const evil =
    '\\e]52;c;aGVsbG8=\\a\\e]0;evil\\a\\e[c\\e[6n\\ePq#0~\\e\\\\ \\e[?1003h\\e[?1006h\\e[?2004h\\e[?1h\\e[3 q\\e[?25l';
  const bob = await startAgent('bob', `printf '${evil}evil was here'; cat`);
  const viewer = startViewer({ bob });
  await viewer.shows('evil was here');
  await eventually('the mouse', () => viewer.screen.terminal.modes.mouseTrackingMode === 'any');
  expect(viewer.screen.terminal.modes.bracketedPasteMode).toBe(true);
  expect(viewer.raw()).not.toMatch(/\x1b\]|\x1bP|\x1b\[c|\x1b\[6n/);
  viewer.type('\x1dd');
  await viewer.shows('left bob');
  await viewer.screen.settled();
  expect(viewer.screen.terminal.modes).toMatchObject({
    mouseTrackingMode: 'none',
    bracketedPasteMode: false,
    applicationCursorKeysMode: false,
    wraparoundMode: true,
  });
});

test('the agent takes the size of the terminal less the status line, and follows a resize', async () => {
  const bob = await startAgent('bob', `trap 'stty size' WINCH; echo ready; while :; do read -t 0.1; done`);
  const viewer = startViewer({ bob }, { cols: 100, rows: 40 });
  await viewer.shows('39 100');
  for (let i = 0; i < 30; i++) viewer.resize(60 + i, 20 + (i % 7));
  viewer.resize(70, 30);
  await viewer.shows('29 70');
  expect(viewer.rows()[29]).toContain('bob');
});

test('a viewer larger than the common size sees the pane as the smallest sees it', async () => {
  const bob = await startAgent('bob', 'printf start; cat');
  const large = startViewer({ bob }, { cols: 120, rows: 40 });
  await large.shows('start');
  await connectWire(bob.socketPath, { cols: 40, rows: 10 });
  await large.shows(/2 watching.*40x10 smallest/);
  bob.pane.output(Buffer.from(`\r\n${'w'.repeat(60)}`));
  await large.shows(new RegExp(`\\n${'w'.repeat(40)}\\n${'w'.repeat(20)}\\n`));
});

test('Shift+Down, Shift+Up, Ctrl-] n, p and a number switch agents in place', async () => {
  const lead = await startAgent('lead', 'printf "I lead"; cat');
  const ann = await startAgent('ann', 'printf "I am ann"; cat');
  const bob = await startAgent('bob', 'printf "I am bob"; cat');
  const viewer = startViewer({ lead, ann, bob });
  await viewer.shows('I lead');
  viewer.type('\x1b[1;2B');
  await viewer.shows(/I am ann[\s\S]* ann · working/);
  viewer.type('\x1dn');
  await viewer.shows(/I am bob[\s\S]* bob · working/);
  viewer.type('\x1b[1;2B');
  await viewer.shows('I lead');
  viewer.type('\x1dp');
  await viewer.shows('I am bob');
  viewer.type('\x1d2');
  await viewer.shows('I am ann');
  viewer.type('\x1d7');
  await viewer.shows('no agent 7; there are 3');
  viewer.type('hi');
  await eventually('keys for ann', () => ann.typed() === 'hi');
  expect([lead.typed(), bob.typed()]).toEqual(['', '']);
  await eventually('only ann to be watched', () => lead.pane.viewers.size + bob.pane.viewers.size === 0);
});

test('Ctrl-] ? lays the help over the pane, any key takes it away', async () => {
  const bob = await startAgent('bob', 'printf before; cat');
  const viewer = startViewer({ bob });
  await viewer.shows('before');
  viewer.type('\x1d');
  await viewer.shows('Ctrl-] then:');
  viewer.type('?');
  await viewer.shows('detach; the agent goes on');
  viewer.type('x');
  await eventually('no help', () => !viewer.rows().join('\n').includes('the agent goes on'));
  expect(bob.typed()).toBe('');
});

test('Ctrl-] t and m lay tasks and mail above the pane, which lives on below, and keys do not reach the agent meanwhile', async () => {
  const bob = await startAgent('bob', 'printf "\\e[20;1Hbelow"; cat');
  const viewer = startViewer({ bob });
  await viewer.shows('below');
  viewer.type('\x1dt');
  await viewer.shows(/Tasks · [\s\S]*t2 {3}in progress bob[\s\S]*below/);
  bob.pane.output(Buffer.from('\x1b[21;1Hand new'));
  await viewer.shows(/Tasks[\s\S]*and new/);
  viewer.type('\x1dm');
  await viewer.shows(/Mail · 39-50 of 50[\s\S]*message 50/);
  viewer.type('\x1b[5~');
  await viewer.shows(/Mail · 29-40 of 50/);
  viewer.type('x');
  await viewer.shows('q closes the mail');
  viewer.type('q');
  await eventually('the pane', () => !viewer.rows().join('\n').includes('message'));
  viewer.type('hello');
  await eventually('the keys', () => bob.typed() === 'hello');
});

test('Ctrl-] a shows what is asked of the person and takes the answer; Esc closes it', async () => {
  const bob = await startAgent('bob', 'printf ready; cat');
  const broadcastFile = join(await temporaryFolder(), 'said');
  const viewer = startViewer({ bob }, { broadcastFile });
  await viewer.shows('ready');
  viewer.type('\x1da');
  await viewer.shows(/Asked of you[\s\S]*a1 {2}ann asks: Blue or green\?[\s\S]*answer ›/);
  viewer.type('a1 blue\r');
  await viewer.shows('a1 is settled');
  expect(await readFile(broadcastFile, 'utf8')).toBe('answer a1 blue');
  viewer.type('\x1da\x1b');
  await viewer.shows(/^ready/);
  expect(bob.typed()).toBe('');
});

test('Ctrl-] b composes a message to everybody; Esc drops it, Enter sends it', async () => {
  const bob = await startAgent('bob', 'printf ready; cat');
  const broadcastFile = join(await temporaryFolder(), 'said');
  const viewer = startViewer({ bob }, { broadcastFile });
  await viewer.shows('ready');
  viewer.type('\x1dbnever');
  await viewer.shows('to everybody › never');
  viewer.type('\x1b');
  await viewer.shows('bob · working');
  viewer.type('\x1dbstop x\x7fat once\x1b[D\x1b[D\x1b[D\x1b[D!\r');
  await viewer.shows('sent to 3 agents');
  expect(await readFile(broadcastFile, 'utf8')).toBe('stop at !once');
  expect(bob.typed()).toBe('');
});

test('who else is watching is named, and Ctrl-] s lets the last active viewer decide the size', async () => {
  const bob = await startAgent('bob', 'printf ready; cat');
  const large = startViewer({ bob }, { cols: 130, rows: 40, viewer: 'ann pts/1' });
  await large.shows('ready');
  const small = await connectWire(bob.socketPath, { cols: 60, rows: 10, name: 'eve pts/2' });
  await large.shows(/2 watching \(eve pts\/2\) · 60x10 smallest/);
  large.type('\x1ds');
  await large.shows(/130x39 last active/);
  small.send({ type: 'resize', cols: 61, rows: 11 });
  await large.shows(/61x11 last active/);
  large.type('x');
  await large.shows(/130x39 last active/);
  small.send({ type: 'policy', policy: 'smallest' });
  await large.shows(/61x11 smallest/);
  const watcher = startViewer({ bob }, { readOnly: true });
  await watcher.shows('READ-ONLY');
  watcher.type('\x1ds');
  await watcher.shows('the size stays');
});

test('what a person is needed for rings, goes to the desktop and stands in the status line', async () => {
  const bob = await startAgent('bob', 'printf ready; cat');
  const viewer = startViewer({ bob }, { notice: 'ann asks: may I; \x1b]52;c;eA==\x07?', env: { TMUX: '' } });
  await viewer.shows('ann asks: may I');
  expect(viewer.raw()).toContain('\x07\x1b]9;cowork: ann asks: may I, ␛]52,c,eA==␇?\x07');
  const inTmux = startViewer({ bob }, { notice: 'ann asks', env: { TMUX: '/tmp/x,1,0' } });
  await inTmux.shows('ann asks');
  expect(inTmux.raw()).toContain('\x1bPtmux;\x1b\x1b]9;cowork: ann asks\x07\x1b\\');
});

test('without colour and without UTF-8 the same cells are shown with what the terminal has', async () => {
  const bob = await startAgent('bob', `printf '\\e[1;38;5;196;4mred\\e[m ✓ › 漢字 é|'; cat`);
  const viewer = startViewer({ bob }, { env: { NO_COLOR: '1', LC_ALL: 'C' } });
  await viewer.shows('red + > ???? ?|');
  expect(viewer.raw()).toContain('\x1b[0;1;4mred');
  expect(viewer.raw()).not.toMatch(/[^\x00-\x7f]|\x1b\[[\d;]*38/);
});

test('one can look back', async () => {
  const bob = await startAgent('bob', 'for i in {1..200}; do echo "line $i."; done; cat');
  const viewer = startViewer({ bob });
  await viewer.shows('line 200.');
  viewer.type('\x1d\x1b[5~');
  await viewer.shows(/line 158\.[\s\S]*22 lines back/);
  viewer.type('q');
  await viewer.shows('line 200.');
  expect(bob.typed()).toBe('');
});

test('a read-only viewer says so and sends nothing', async () => {
  const bob = await startAgent('bob', 'printf ready; cat');
  const viewer = startViewer({ bob }, { readOnly: true });
  await viewer.shows('READ-ONLY');
  viewer.type('rm -rf /\r');
  await viewer.shows('keys are not sent');
  expect(bob.typed()).toBe('');
});

test('when the agent is gone the viewer says so, keeps the screen, and goes on with the next incarnation', async () => {
  const folder = await temporaryFolder();
  const bob = await startAgent('bob', 'printf "first life"; cat', { folder });
  const viewer = startViewer({ bob });
  await viewer.shows('first life');
  await bob.pane.end('killed by signal 9');
  await viewer.shows(/first life[\s\S]*its terminal has ended: killed by signal 9\. Waiting/);
  await bob.stop();
  await viewer.shows('not live');
  viewer.type('lost?');
  await viewer.shows('keys are not sent');
  const again = await startAgent('bob', 'printf "second life"; cat', { folder });
  await viewer.shows(/second life[\s\S]*bob · working/);
  viewer.type('hello');
  await eventually('the keys', () => again.typed() === 'hello');
  expect(viewer.rows().join('\n')).not.toContain('Waiting');
});

test('without a pane there is a coded error, without a terminal too', async () => {
  const socket = join(await temporaryFolder(), 'keeper.sock');
  const nobody = startViewer({ bob: socket });
  await nobody.shows('refused: PANE_UNAVAILABLE', 15_000);
  expect((await nobody.exited).exitCode).toBe(1);
  const dumb = startViewer({ bob: socket }, { env: { TERM: 'dumb' } });
  await dumb.shows('refused: NOT_A_TERMINAL');
  const piped = startTerminal('bash', [
    '-c',
    `echo | ${process.execPath} ${CLIENT} '${clientArgument({ bob: socket })}'`,
  ]);
  await piped.shows('refused: NOT_A_TERMINAL');
}, 30_000);

test('a pane that is still to come is waited for when asked', async () => {
  const folder = await temporaryFolder();
  const viewer = startViewer({ bob: join(folder, 'bob', 'keeper.sock') }, { waitForFirst: true });
  await viewer.shows('Waiting for it');
  await startAgent('bob', 'printf "here I am"; cat', { folder });
  await viewer.shows('here I am');
});

test.each(['detaching', 'SIGTERM', 'SIGHUP', 'SIGINT', 'an uncaught error'] as const)(
  'the terminal is left as it was found after %s',
  async (how) => {
    const bob = await startAgent('bob', `printf '\\e[?1002h\\e[?2004h\\e[?1049hdrawing'; cat`);
    const folder = await temporaryFolder();
    const pidFile = join(folder, 'pid');
    const argument = clientArgument(
      { bob },
      { pidFile, throwAfterMs: how === 'an uncaught error' ? 1_500 : undefined },
    );
    const client = `${process.execPath} ${CLIENT} '${argument}'`;
    const script = `cd ${folder}; echo shell; stty -a > before; ${client}; stty -a > after; cmp before after && echo stty is the same; sleep 60`;
    const terminal = startTerminal('bash', ['-c', script]);
    await terminal.shows('drawing');
    if (how === 'detaching') terminal.type('\x1dd');
    else if (how !== 'an uncaught error') process.kill(Number(await readFile(pidFile, 'utf8')), how);
    await terminal.shows('stty is the same');
    await terminal.screen.settled();
    expect(terminal.rows()[0]).toBe('shell');
    expect(terminal.screen.terminal.buffer.active.type).toBe('normal');
    const { mouseTrackingMode, bracketedPasteMode, wraparoundMode } = terminal.screen.terminal.modes;
    expect({ mouseTrackingMode, bracketedPasteMode, wraparoundMode }).toEqual({
      mouseTrackingMode: 'none',
      bracketedPasteMode: false,
      wraparoundMode: true,
    });
    const said =
      how === 'detaching' ? 'left bob: detached' : how === 'an uncaught error' ? 'a bug on purpose' : how;
    expect(terminal.rows().join('\n')).toContain(said);
  },
  20_000,
);

test.each(['bash', 'dash'] as const)(
  'the terminal is left as it was found after kill -9 of the viewer, under %s',
  async (shell) => {
    const bob = await startAgent('bob', `printf '\\e[?1002h\\e[?2004h\\e[?1049hdrawing'; cat`);
    const folder = await temporaryFolder();
    const pidFile = join(folder, 'pid');
    const client = `${process.execPath} ${CLIENT} '${clientArgument({ bob }, { pidFile })}'`;
    const script = `cd ${folder}; echo shell; stty -a > before; ${client}; until cmp -s before after; do stty -a > after; done; echo stty is the same; sleep 60`;
    const terminal = startTerminal(shell, ['-c', script]);
    await terminal.shows('drawing');
    process.kill(Number(await readFile(pidFile, 'utf8')), 'SIGKILL');
    await terminal.shows('stty is the same');
    expect(terminal.rows()[0]).toBe('shell');
    expect(terminal.screen.terminal.buffer.active.type).toBe('normal');
    const { mouseTrackingMode, bracketedPasteMode, wraparoundMode } = terminal.screen.terminal.modes;
    expect([mouseTrackingMode, bracketedPasteMode, wraparoundMode]).toEqual(['none', false, true]);
  },
);

test('an interactive shell obeys and echoes as before after kill -9 of the viewer', async () => {
  const bob = await startAgent('bob', 'printf drawing; cat');
  const folder = await temporaryFolder();
  const pidFile = join(folder, 'pid');
  const terminal = startTerminal('bash', ['--norc', '-i'], { env: { PS1: 'prompt> ' } });
  await terminal.shows('prompt>');
  terminal.type(`${process.execPath} ${CLIENT} '${clientArgument({ bob }, { pidFile })}'\r`);
  await terminal.shows('drawing');
  process.kill(Number(await readFile(pidFile, 'utf8')), 'SIGKILL');
  // What the shell says before the guard has come is drawn on the screen that the guard leaves.
  await eventually('the main screen', () => terminal.screen.terminal.buffer.active.type === 'normal');
  terminal.type('echo $((40+2))\r');
  await terminal.shows(/echo \$\(\(40\+2\)\)\s+42\s+prompt>/);
});

test('a viewer whose group is killed, and one whose guard is killed, leave the terminal as it was', async () => {
  const bob = await startAgent('bob', 'printf drawing; cat');
  const folder = await temporaryFolder();
  const pidFile = join(folder, 'pid');
  const client = `${process.execPath} ${CLIENT} '${clientArgument({ bob }, { pidFile })}'`;
  const script = `set -m; cd ${folder}; stty -a > before; ${client}; until cmp -s before after; do stty -a > after; done; echo the same; sleep 60`;
  const killed = startTerminal('bash', ['-c', script]);
  await killed.shows('drawing');
  process.kill(-Number(await readFile(pidFile, 'utf8')), 'SIGKILL');
  await killed.shows('the same');
  const alone = startTerminal('bash', ['-c', script]);
  await alone.shows('drawing');
  const pid = Number(await readFile(pidFile, 'utf8'));
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ');
  for (const child of children) process.kill(Number(child), 'SIGKILL');
  alone.type('\x1dd');
  await alone.shows('the same');
});

test('ten viewers see the same', async () => {
  const bob = await startAgent(
    'bob',
    `for i in {1..300}; do printf '\\e[%d;%dH\\e[3%dmx%d' $((i%23+1)) $((i*7%70+1)) $((i%8)) $i; done; printf done; cat`,
  );
  const viewers = Array.from({ length: 5 }, () => startViewer({ bob }));
  const wires = await Promise.all(
    Array.from({ length: 5 }, () => connectWire(bob.socketPath, { cols: 80, rows: 23 })),
  );
  for (const viewer of viewers) await viewer.shows('done', 20_000);
  const [first] = viewers;
  const seen = () => viewers.map((viewer) => JSON.stringify(screenImage(viewer.screen, 23)));
  await eventually('the same on all screens', () => new Set(seen()).size === 1);
  expect(first?.screen).toBeDefined();
  await eventually('the count', () => bob.pane.viewers.size === 10);
  expect(wires).toHaveLength(5);
}, 40_000);

/** The long form is `npm run soak`. */
const ROUNDS = process.env.COWORK_SOAK === undefined ? 200 : 1_000;

test(
  `attaching and detaching ${ROUNDS} times leaves no descriptor, listener or viewer behind`,
  async () => {
    await using pane = createPane({ cols: 80, rows: 24 });
    pane.output(Buffer.from('hello'));
    const socketPath = join(await temporaryFolder(), 'keeper.sock');
    const status = { agent: 'bob', state: 'idle', task: null, tokens: { input: 0, output: 0 }, unread: 0 };
    await using served = await servePane(pane, { socketPath, status: () => status });
    const attachOnce = async (): Promise<void> => {
      const viewer = await connectWire(socketPath, { cols: 80, rows: 24 });
      await eventually('the screen', () => viewer.text().includes('hello'));
      viewer.send({ type: 'detach' });
      await viewer.closed;
    };
    const descriptors = (): number => readdirSync('/proc/self/fd').length;
    for (let i = 0; i < 5; i++) await attachOnce();
    await eventually('no viewer', () => pane.viewers.size === 0);
    const before = descriptors();
    for (let i = 0; i < ROUNDS; i++) await attachOnce();
    await eventually('no viewer', () => pane.viewers.size === 0);
    await eventually('the same descriptors', () => descriptors() <= before);
    expect(served.server.listenerCount('upgrade')).toBe(1);
    expect(process.listenerCount('exit')).toBeLessThan(10);
  },
  ROUNDS * 300,
);
