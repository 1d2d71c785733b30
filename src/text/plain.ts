/**
 * Makes text of an agent safe to print in a person's terminal: what would act is shown instead of executed.
 *
 * C0 controls become their pictures (`␛`), C1 controls, bidirectional overrides and zero-width characters become `<U+202E>`.
 * With `lines`, newline and tab stay as they are (`\r\n` counts as a newline); without it the result is one line.
 */
export function plainText(text: string, options: { lines?: boolean } = {}): string {
  const shown = options.lines === true ? text.replaceAll('\r\n', '\n') : text;
  return shown.replace(ACTING, (character) => {
    if (options.lines === true && (character === '\n' || character === '\t')) return character;
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x20) return String.fromCodePoint(0x2400 + code);
    if (code === 0x7f) return '\u2421';
    return `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
  });
}

/** C0, DEL, C1; line and paragraph separators; marks that reorder or hide text (Unicode TR 36); lone surrogates. */
const ACTING =
  /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|\p{Surrogate}/gu;
