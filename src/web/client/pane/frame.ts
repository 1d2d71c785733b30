// A terminal in a document of its own: an opaque origin without network, cookies or storage (see `guard.ts`). What it knows of the
// world is one port, on which the page hands it bytes and it hands back keys. Whatever an escape sequence brings about stays in here.
import './frame.css';
import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import type { FromFrame, ToFrame } from './port.ts';
import { THEMES } from './themes.ts';

const FONT = 13;
const FONT_LEAST = 3;
const FAMILY = 'ui-monospace, "SF Mono", "DejaVu Sans Mono", "Liberation Mono", monospace';

window.addEventListener('message', ({ source, ports: [port] }) => {
  if (source === window.parent && port !== undefined) run(port);
});

function run(port: MessagePort): void {
  const host = document.getElementById('pane');
  if (host === null) return;
  const terminal = new Terminal({
    ...{ cols: 80, rows: 24, fontFamily: FAMILY, fontSize: FONT, scrollback: 2_000 },
    ...{ minimumContrastRatio: 4.5, cursorBlink: false, allowProposedApi: false, logLevel: 'off' },
    // Links of an agent lead nowhere from here.
    linkHandler: { activate: () => undefined },
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  terminal.open(host);
  const tell = (message: FromFrame): void => port.postMessage(message);
  let follows = true;
  let isFresh = false;

  /** Who has a say tells how much fits; who follows makes the letters as small as the pane needs. */
  const measure = (): void => {
    const { cols, rows } = terminal;
    if (!follows) terminal.options.fontSize = FONT;
    const fits = fit.proposeDimensions();
    if (fits === undefined || Number.isNaN(fits.cols)) return;
    if (!follows) tell({ type: 'fits', cols: Math.max(2, fits.cols), rows: Math.max(2, fits.rows) });
    else {
      const size = terminal.options.fontSize ?? FONT;
      const wanted = Math.min(FONT, size * Math.min((fits.cols + 0.5) / cols, (fits.rows + 0.5) / rows));
      terminal.options.fontSize = Math.max(FONT_LEAST, Math.floor(wanted * 4) / 4);
    }
  };
  new ResizeObserver(measure).observe(host);

  terminal.attachCustomKeyEventHandler((event) => {
    const isSwitch = event.shiftKey && (event.key === 'ArrowUp' || event.key === 'ArrowDown');
    const isLeave = event.ctrlKey && (event.key === ']' || event.code === 'BracketRight');
    if (!isSwitch && !isLeave) return true;
    if (event.type === 'keydown')
      tell({ type: 'key', key: isLeave ? 'leave' : event.key === 'ArrowUp' ? 'previous' : 'next' });
    event.preventDefault();
    return false;
  });
  terminal.onData((text) => tell({ type: 'input', text }));
  terminal.onBinary((text) => tell({ type: 'binary', text }));

  const take: { [T in ToFrame['type']]: (message: Extract<ToFrame, { type: T }>) => void } = {
    look: ({ isDark, readOnly, isFollowing, label, isTile }) => {
      follows = isFollowing;
      const theme = THEMES[isDark ? 'dark' : 'light'];
      document.documentElement.style.setProperty('--paper', theme.background);
      Object.assign(terminal.options, { theme, disableStdin: readOnly, screenReaderMode: !isTile });
      if (terminal.textarea !== undefined) {
        terminal.textarea.setAttribute('aria-label', label);
        if (isTile) terminal.textarea.tabIndex = -1;
      }
      measure();
    },
    // In the order of the bytes: sizes count from their place in the stream on.
    size: ({ cols, rows, isWhole }) => {
      if (isWhole) isFresh = true;
      terminal.write('', () => {
        terminal.resize(cols, rows);
        measure();
      });
    },
    bytes: ({ bytes }) => {
      // The reset is part of the first write: an empty screen is never seen.
      if (isFresh) terminal.write('\x1bc');
      isFresh = false;
      terminal.write(bytes, () => tell({ type: 'parsed', bytes: bytes.length }));
    },
    focus: () => terminal.focus(),
  };
  port.onmessage = ({ data }) => {
    const message = data as ToFrame; // the page that framed us, of the same build
    (take[message.type] as (message: ToFrame) => void)(message);
  };
  tell({ type: 'ready' });
}
