/** What of a page is not read: programs, forms, and what stands around the text on every page of a site. */
const SKIPPED = new Set([
  ...['script', 'style', 'noscript', 'template', 'svg', 'math', 'canvas', 'iframe', 'object', 'head'],
  ...['nav', 'footer', 'aside', 'form', 'button', 'select', 'textarea', 'dialog'],
]);
/** Content of these is no markup, up to their end tag. */
const RAW = new Set(['script', 'style', 'textarea', 'noscript', 'iframe', 'title']);
const BLOCKS = new Set([
  ...['p', 'div', 'section', 'article', 'main', 'header', 'ul', 'ol', 'dl', 'dt', 'dd', 'table', 'tr', 'pre'],
  ...['blockquote', 'figure', 'figcaption', 'hr', 'address', 'details', 'summary', 'body', 'html'],
]);
const EMPTY = new Set('area base br col embed hr img input link meta source track wbr'.split(' '));
const ENTITIES: Record<string, string> = {
  ...{ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ', ndash: '–', mdash: '—', hellip: '…' },
  ...{ lsquo: '‘', rsquo: '’', ldquo: '“', rdquo: '”', bull: '•', middot: '·', copy: '©', euro: '€' },
};
/** One tag, in one look from its beginning. */
const TAG = /<(\/?)([a-zA-Z][a-zA-Z0-9-]*)((?:[^<>"']|"[^"<]*"|'[^'<]*')*)>/y;

/**
 * The text of an HTML page as people read it: headings, lists, table rows and links in the manner of Markdown, without what
 * surrounds it. It goes over the source once, whatever that is, and never fails.
 */
export function readablePage(source: string, base: URL): { title: string; text: string } {
  const out: string[] = [];
  const lower = source.toLowerCase();
  let title = '';
  let skipping: string | undefined;
  let depth = 0;
  let link: string | undefined;
  let isPre = false;
  const say = (text: string): void => {
    if (skipping === undefined) out.push(isPre ? text : text.replaceAll(/\s+/g, ' '));
  };
  for (let at = 0; at < source.length; ) {
    const next = source.indexOf('<', at);
    if (next !== at) {
      say(unescaped(source.slice(at, next < 0 ? source.length : next)));
      if (next < 0) break;
      at = next;
    }
    const beyond = pastDeclaration(source, at);
    if (beyond !== undefined) {
      at = beyond;
      continue;
    }
    TAG.lastIndex = at;
    const tag = TAG.exec(source);
    if (tag === null) {
      say('<');
      at++;
      continue;
    }
    at = TAG.lastIndex;
    const isEnd = tag[1] === '/';
    const name = (tag[2] ?? '').toLowerCase();
    if (!isEnd && RAW.has(name)) {
      const end = lower.indexOf(`</${name}`, at);
      if (name === 'title' && title === '') title = unescaped(source.slice(at, end < 0 ? at : end)).trim();
      at = end < 0 ? source.length : source.indexOf('>', end) + 1 || source.length;
      continue;
    }
    if (skipping !== undefined) {
      if (name === skipping) depth += isEnd ? -1 : 1;
      if (depth === 0) skipping = undefined;
      continue;
    }
    if (!isEnd && SKIPPED.has(name) && !EMPTY.has(name)) {
      skipping = name;
      depth = 1;
      continue;
    }
    if (name === 'pre') isPre = !isEnd;
    if (name === 'a') {
      if (isEnd && link !== undefined) say(` (${link})`);
      link = isEnd ? undefined : hrefIn(tag[3] ?? '', base);
    } else out.push(markOf(name, isEnd));
  }
  return { title: title.replaceAll(/\s+/g, ' ').slice(0, 300), text: tidied(out.join('')) };
}

/** Where a comment or declaration that begins here ends; undefined when none does. */
function pastDeclaration(source: string, at: number): number | undefined {
  if (source.startsWith('<!--', at)) {
    const end = source.indexOf('-->', at + 4);
    return end < 0 ? source.length : end + 3;
  }
  if (source[at + 1] !== '!' && source[at + 1] !== '?') return undefined;
  const end = source.indexOf('>', at);
  return end < 0 ? source.length : end + 1;
}

function markOf(name: string, isEnd: boolean): string {
  const heading = /^h([1-6])$/.exec(name)?.[1];
  if (heading !== undefined) return isEnd ? '\n\n' : `\n\n${'#'.repeat(Number(heading))} `;
  if (name === 'br') return '\n';
  if (name === 'li') return isEnd ? '' : '\n- ';
  if (name === 'td' || name === 'th') return isEnd ? ' | ' : '';
  if (name === 'tr') return '\n';
  return BLOCKS.has(name) ? '\n\n' : '';
}

function hrefIn(attributes: string, base: URL): string | undefined {
  const [, , quoted, single, bare] = /\bhref\s*=\s*("([^"]*)"|'([^']*)'|([^\s"'>]+))/i.exec(attributes) ?? [];
  const given = unescaped(quoted ?? single ?? bare ?? '').trim();
  const url = given === '' || given.startsWith('#') ? null : URL.parse(given, base.href);
  return url !== null && /^https?:$/.test(url.protocol) ? url.href : undefined;
}

function unescaped(text: string): string {
  if (!text.includes('&')) return text;
  return text.replaceAll(/&(#x[0-9a-f]{1,6}|#\d{1,7}|\w{2,8});/gi, (whole, name: string) => {
    if (!name.startsWith('#')) return ENTITIES[name.toLowerCase()] ?? whole;
    const code =
      name[1] === 'x' || name[1] === 'X' ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code < 0xe000)
      ? String.fromCodePoint(code)
      : '';
  });
}

const tidied = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.replace(/^ (?! )/, '').trimEnd())
    .join('\n')
    .replaceAll(/\n{3,}/g, '\n\n')
    .trim();
