/** What went wrong, why, and what to do: one line each. */
export class SetupError extends Error {
  constructor(what, why, cure) {
    super(what);
    this.why = why;
    this.cure = cure;
  }
}

const FRAMES = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';
const CLEAR = '\r\x1b[K';

/** Shows what is going on: one live line with the time on a terminal, one line a step elsewhere. Several things go on side by side. */
export class Progress {
  #stream;
  #isLive;
  #timer;
  #frame = 0;
  /** What each track does now, and since when. */
  #running = new Map();

  constructor(stream) {
    this.#stream = stream;
    this.#isLive = stream.isTTY === true && process.env.TERM !== 'dumb';
  }

  /** One thing that goes on: `step` begins a part of it, with which the part before is done; `close` ends it; `say` writes a line. */
  track() {
    const track = {
      step: (text) => {
        this.#finish(track);
        this.#running.set(track, { text, began: Date.now() });
        if (!this.#isLive) this.#stream.write(`setup: ${text}\n`);
        this.#draw();
      },
      say: (text) => {
        this.#stream.write(`${this.#isLive ? CLEAR : ''}setup: ${text}\n`);
        this.#draw();
      },
      close: () => this.#finish(track),
    };
    return track;
  }

  #draw() {
    if (!this.#isLive) return;
    clearTimeout(this.#timer);
    if (this.#running.size === 0) return;
    const frame = FRAMES[this.#frame++ % FRAMES.length];
    const all = [...this.#running.values()].map(({ text, began }) => `${text} ${seconds(began, 0)}`);
    const room = Math.max(10, (this.#stream.columns ?? 80) - 3);
    this.#stream.write(`${CLEAR}${frame} ${all.join(' · ').slice(0, room)}`);
    this.#timer = setTimeout(() => this.#draw(), 100);
  }

  #finish(track) {
    const done = this.#running.get(track);
    if (done === undefined) return;
    this.#running.delete(track);
    if (this.#isLive) this.#stream.write(`${CLEAR}✓ ${done.text} ${seconds(done.began, 1)}\n`);
    this.#draw();
  }
}

function seconds(since, digits) {
  return `${((Date.now() - since) / 1000).toFixed(digits)} s`;
}
