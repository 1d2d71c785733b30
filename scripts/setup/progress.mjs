/** What went wrong, why, and what to do: one line each. */
export class SetupError extends Error {
  constructor(what, why, cure) {
    super(what);
    this.why = why;
    this.cure = cure;
  }
}

const FRAMES = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';

/** Shows what is going on: one live line with the time on a terminal, one line a step elsewhere. */
export class Progress {
  #stream;
  #isLive;
  #step;
  #began = 0;
  #timer;
  #frame = 0;

  constructor(stream) {
    this.#stream = stream;
    this.#isLive = stream.isTTY === true && process.env.TERM !== 'dumb';
  }

  /** Begins a step; the one before is done. */
  step(text) {
    this.#finish();
    this.#step = text;
    this.#began = Date.now();
    if (!this.#isLive) this.#stream.write(`setup: ${text}\n`);
    else {
      this.#draw();
      this.#timer = setInterval(() => this.#draw(), 100);
    }
  }

  /** Ends the display; call it before anything else is written. */
  close() {
    this.#finish();
  }

  #draw() {
    const seconds = Math.round((Date.now() - this.#began) / 1000);
    const room = Math.max(10, (this.#stream.columns ?? 80) - 10);
    const frame = FRAMES[this.#frame++ % FRAMES.length];
    this.#stream.write(`\r\x1b[K${frame} ${this.#step.slice(0, room)} ${seconds} s`);
  }

  #finish() {
    if (this.#step === undefined) return;
    clearInterval(this.#timer);
    const seconds = ((Date.now() - this.#began) / 1000).toFixed(1);
    if (this.#isLive) this.#stream.write(`\r\x1b[K✓ ${this.#step} ${seconds} s\n`);
    this.#step = undefined;
  }
}
