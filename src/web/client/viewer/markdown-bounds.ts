/** Letters of Markdown that are taken apart; more is shown as the text that it is. */
const LETTERS_MAX = 512 * 1024;
/** Deeper than anybody writes by hand: the library takes lists and quotations apart level by level, each time all that is in them. */
const DEEP = /^(?:[ \t]{60,}(?:[-*+]|\d+[.)])\s|[ \t]*(?:>[ \t]*){20,})/m;
/** What may begin or end something; of each the library looks through the rest of its paragraph. */
const SIGN = /[*_~[\]`<]/g;
/** Signs times letters, of all paragraphs: some seconds. */
const WORK_MAX = 500_000_000;

/** Whether a text may be taken apart as Markdown without holding the page up. */
export function isModest(text: string): boolean {
  if (text.length > LETTERS_MAX || DEEP.test(text)) return false;
  const work = text
    .split(/\n[ \t]*\n/)
    .reduce((sum, paragraph) => sum + (paragraph.match(SIGN)?.length ?? 0) * paragraph.length, 0);
  return work <= WORK_MAX;
}
