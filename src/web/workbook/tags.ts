/** A tag of a document: `name` without prefix; an empty element is an opening and a closing one. */
export interface Tag {
  name: string;
  isEnd: boolean;
  /** Value of an attribute, by its name as it stands there; undefined when it has none. */
  attribute(name: string): string | undefined;
  /** The letters between it and the next tag. */
  text: string;
}

/** Tags that are read of a document; one of nothing but tags must not keep the server busy. */
const TAGS_MAX = 1_000_000;

/**
 * The tags of an XML document in their order. No entities but the five of XML and numbers are known, so none can grow; declarations, comments
 * and instructions are passed over. For the parts of office documents, which hold text in elements only.
 */
export function* tagsOf(document: string): Generator<Tag> {
  let at = document.indexOf('<');
  for (let count = 0; at !== -1 && count < TAGS_MAX; count++) {
    if (document.startsWith('<!--', at)) {
      const end = document.indexOf('-->', at);
      at = end === -1 ? -1 : document.indexOf('<', end);
      continue;
    }
    const end = document.indexOf('>', at);
    if (end === -1) return;
    const next = document.indexOf('<', end);
    const first = document[at + 1];
    if (first !== '?' && first !== '!') {
      const body = document.slice(at + 1, end);
      const text = decode(document.slice(end + 1, next === -1 ? undefined : next));
      const isEnd = first === '/';
      const isEmpty = body.endsWith('/');
      const qualified = /^\/?([^\s/]*)/.exec(body)?.[1] ?? '';
      const name = qualified.slice(qualified.indexOf(':') + 1);
      const attribute = (wanted: string) => attributeOf(body, wanted);
      yield { name, isEnd, attribute, text: isEmpty ? '' : text };
      if (isEmpty) yield { name, isEnd: true, attribute: () => undefined, text };
    }
    at = next;
  }
}

function attributeOf(body: string, name: string): string | undefined {
  const at = body.search(new RegExp(`\\s${name}\\s*=`));
  if (at === -1) return undefined;
  const found = /=\s*(?:"([^"]*)"|'([^']*)')/.exec(body.slice(at));
  return found === null ? undefined : decode(found[1] ?? found[2] ?? '');
}

const NAMED: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function decode(text: string): string {
  if (!text.includes('&')) return text;
  return text.replaceAll(
    /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(amp|lt|gt|quot|apos));/gi,
    (all, hex, decimal, name) => {
      if (name !== undefined) return NAMED[name] ?? all;
      const code = Number.parseInt(hex ?? decimal, hex === undefined ? 10 : 16);
      return code > 0x10ffff ? all : String.fromCodePoint(code);
    },
  );
}
