/** Words for the person that go away by themselves. */
export interface PassingNotice extends Disposable {
  readonly text: string | undefined;
  /** Shows words in place of those that are shown, for so many milliseconds. */
  say(text: string, ms: number): void;
}

export function createPassingNotice(changed: () => void): PassingNotice {
  let text: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  return {
    get text() {
      return text;
    },
    say(words, ms) {
      text = words;
      clearTimeout(timer);
      timer = setTimeout(() => {
        text = undefined;
        changed();
      }, ms);
      changed();
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
    },
  };
}
