import { blocks } from './pages.ts';

/** A block of commands of a page, as a reader would paste it. */
export interface Block {
  lines: string[];
  /** Why it is not run: it needs a person, a key, or is the set-up or the tests themselves. */
  notRun: string | undefined;
}

const PERSONAL = /^npx cowork (attach|replay)\b/;
const OURSELVES = /^npm (run )?\w+/;
/** Minutes to build; what it is for is tested by `npm run soak`. */
const IMAGE = /--image office/;
const KEY = /^export ANTHROPIC_|…/;

/** The `sh` blocks of a page, with continued lines joined and comments taken out. */
export function shellBlocks(text: string): Block[] {
  return blocks(text, 'sh').flatMap((block) => {
    const lines = block
      .replaceAll(/\\\n\s*/g, ' ')
      .split('\n')
      .map((line) => line.replace(/\s+#\s.*$/, '').trim())
      .filter((line) => line !== '');
    if (lines.some((line) => KEY.test(line))) return [{ lines, notRun: 'needs a key' }];
    if (lines.some((line) => IMAGE.test(line))) return [{ lines, notRun: 'needs the image for documents' }];
    // A terminal or the set-up is needed for single lines only; the others are run.
    const isRun = (line: string) => !PERSONAL.test(line) && !OURSELVES.test(line);
    const [run, left] = [lines.filter(isRun), lines.filter((line) => !isRun(line))];
    return [
      { lines: run, notRun: undefined },
      { lines: left, notRun: 'needs a terminal, or is the set-up or the tests' },
    ].filter(({ lines: some }) => some.length > 0);
  });
}

/** The words of a command line, without quotes. */
export function wordsOf(line: string): string[] {
  return (line.match(/"[^"]*"|'[^']*'|\S+/g) ?? []).map((word) => word.replaceAll(/^["']|["']$/g, ''));
}
