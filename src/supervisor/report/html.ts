/** Markup that was made here, from parts that were escaped. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Part = Html | string | number | null | readonly Part[];

/** A template of markup: what is put in is text, unless it is markup of ours. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(strings.map((string, index) => string + render(parts[index] ?? null)).join(''));
}

function render(part: Part): string {
  if (part === null) return '';
  if (part instanceof Html) return part.text;
  return isList(part) ? part.map(render).join('') : escapeText(String(part));
}

const isList = (part: Part): part is readonly Part[] => Array.isArray(part);

const SIGNS: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Safe in text and in quoted attributes. Control characters, and those that turn the direction of writing, become visible. */
function escapeText(text: string): string {
  return text
    .replaceAll(/[&<>"']/g, (sign) => SIGNS[sign] ?? '')
    .replaceAll(/[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}
