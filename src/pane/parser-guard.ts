import type { Terminal } from '@xterm/headless';

/**
 * Keeps output of an agent from ending the process. @xterm/headless 6.0 parses in a timer, where an exception is uncaught and what waits
 * is never parsed; and it does throw: `CSI 1 J` with the cursor in the last cell of a screen without scrollback. That case is mended;
 * after any other exception the parser starts afresh with the next write, and the rest of the present one is lost.
 */
export function guardParser(terminal: Terminal): void {
  // Private fields, as in hidden-state.ts; test/pane/screen.test.ts throws the sequence at it.
  const core = (terminal as unknown as { _core: Core })._core;
  terminal.parser.registerCsiHandler({ final: 'J' }, (parameters) => {
    const { active } = terminal.buffer;
    const isLastCell =
      active.cursorX + 1 >= terminal.cols && active.baseY + active.cursorY + 1 >= active.length;
    if (parameters[0] !== 1 || !isLastCell) return false;
    // Up to the last cell is everything.
    return core._inputHandler.eraseInDisplay({ params: [2] });
  });
  const parse = core._writeBuffer._action;
  core._writeBuffer._action = (data, promiseResult) => {
    try {
      return parse(data, promiseResult);
    } catch {
      // What the screen shows may be off until the program draws again; that is all that is lost.
      core._inputHandler._parser.reset();
      return undefined;
    }
  };
}

interface Core {
  _writeBuffer: { _action: (data: string | Uint8Array, promiseResult?: boolean) => unknown };
  _inputHandler: {
    eraseInDisplay(parameters: { params: number[] }): boolean;
    _parser: { reset(): void };
  };
}
