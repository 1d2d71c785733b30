/** Whether the text of a cell is a number, which stands at the right. */
export const isNumber = (text: string): boolean => /^[-+]?\d[\d.,' ]*%?$/.test(text.trim());

/** A, B, … Z, AA, … ZZ, AAA, as spreadsheets name their columns. */
export const columnName = (index: number): string =>
  index < 0 ? '' : columnName(Math.floor(index / 26) - 1) + String.fromCharCode(65 + (index % 26));
