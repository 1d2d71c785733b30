import { parseDocument } from 'yaml';
import { isObject } from './text.ts';

/** A Markdown file in its two parts. */
export interface FrontMatter {
  fields: Record<string, unknown>;
  body: string;
  /** What had to be mended or was left out, in words. */
  warnings: string[];
}

const FENCE = /^---[ \t]*\n/;
/** Largest front matter in characters; real ones end at some thousands. */
const FRONT_MAX = 64 * 1024;

/**
 * Parts a file into front matter and body. Never throws: what is no YAML is read again with its plain values quoted
 * line by line, then with each value running until the next key, as hundreds of public files need it.
 */
export function parseFrontMatter(text: string): FrontMatter {
  const open = FENCE.exec(text);
  if (open === null) return { fields: {}, body: text, warnings: [] };
  const rest = text.slice(open[0].length);
  const close = /^(?:---|\.\.\.)[ \t]*(?:\n|$)/m.exec(rest);
  if (close === null) {
    return { fields: {}, body: text, warnings: ['the front matter has no closing line ---'] };
  }
  const front = rest.slice(0, close.index);
  const body = rest.slice(close.index + close[0].length);
  if (front.length > FRONT_MAX) {
    return { fields: {}, body, warnings: [`the front matter is over ${FRONT_MAX} characters`] };
  }
  if (front.trim() === '') return { fields: {}, body, warnings: [] };
  const exact = plainLines(front) ?? yamlObject(front);
  if (exact !== undefined) return { fields: exact, body, warnings: [] };
  const quoted = yamlObject(quoteLines(front));
  if (quoted !== undefined)
    return { fields: quoted, body, warnings: ['the front matter is no YAML; its values were read as text'] };
  const { fields, count } = untilNextKey(front);
  if (count > 0) {
    return {
      fields,
      body,
      warnings: ['the front matter is no YAML; each value was read until the next key'],
    };
  }
  return { fields: {}, body, warnings: ['the front matter is no YAML and has no keys'] };
}

/** Keys that the formats know. When a front matter is no YAML, only these begin a value: examples in a description look like keys. */
const KNOWN = new Set(
  `name description when_to_use when-to-use argument-hint arguments disable-model-invocation user-invocable allowed-tools
  disallowed-tools model effort context agent hooks paths license compatibility metadata tools disallowedTools
  permissionMode maxTurns skills mcpServers memory background isolation color version author tags category`.split(
    /\s+/,
  ),
);
const KEY = /^([A-Za-z_$][\w$.-]*)[ \t]*:(?:[ \t]+(.*))?$/;
/** A value that means itself in YAML; anything with a meaning of its own goes to the parser. */
const PLAIN = /^[A-Za-z/(][^#:\n]*[^#:\s]$/;
const PLAIN_ITEM = /^ +- ([A-Za-z][^\s#]*[^\s#:])$/;
const WORD = /^(true|false|null|yes|no|on|off|y|n)$/i;

/**
 * Most front matters are a few `key: words` lines and lists of words; these are read without the YAML parser, which takes
 * 30 times as long. Undefined for everything else.
 */
function plainLines(front: string): Record<string, unknown> | undefined {
  const fields: Record<string, unknown> = {};
  let list: string[] | undefined;
  for (const line of front.split('\n')) {
    if (line === '') continue;
    const item = list && PLAIN_ITEM.exec(line)?.[1];
    if (item !== undefined && list !== undefined && !WORD.test(item)) {
      list.push(item);
      continue;
    }
    const [, key, value] = KEY.exec(line) ?? [];
    // A key without a value and without items is null, which the parser knows.
    if (key === undefined || Object.hasOwn(fields, key) || key === '__proto__' || list?.length === 0)
      return undefined;
    list = undefined;
    if (value === undefined) {
      list = [];
      fields[key] = list;
    } else if (PLAIN.test(value) && !WORD.test(value)) fields[key] = value;
    else return undefined;
  }
  return list?.length === 0 ? undefined : fields;
}

function yamlObject(front: string): Record<string, unknown> | undefined {
  try {
    const document = parseDocument(front, { prettyErrors: false, uniqueKeys: false, logLevel: 'silent' });
    if (document.errors.length > 0) return undefined;
    // The bound on aliases keeps a billion laughs to some hundreds.
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    return isObject(value) ? withoutPrototype(value) : undefined;
  } catch {
    return undefined; // the next reading is more tolerant
  }
}

function withoutPrototype(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== '__proto__'));
}

/** Quotes every value that stands on the line of its key and is not a block or already quoted. */
function quoteLines(front: string): string {
  return front
    .split('\n')
    .map((line) => {
      const [, key, value = ''] = KEY.exec(line) ?? [];
      const text = value.trim();
      if (key === undefined || !KNOWN.has(key) || text === '' || /^[|>][-+\d]*$/.test(text)) return line;
      if (/^"(?:[^"\\]|\\.)*"$|^'(?:[^']|'')*'$/.test(text)) return line;
      if (/^\[[^[\]]*\]$/.test(text) && yamlObject(`x: ${text}`) !== undefined) return line;
      return `${key}: ${JSON.stringify(text)}`;
    })
    .join('\n');
}

function untilNextKey(front: string): { fields: Record<string, unknown>; count: number } {
  const fields: Record<string, unknown> = {};
  let key: string | undefined;
  for (const line of front.split('\n')) {
    const [, next, value = ''] = KEY.exec(line) ?? [];
    if (next !== undefined && KNOWN.has(next)) {
      key = next;
      fields[key] = value;
    } else if (key !== undefined) fields[key] = `${String(fields[key])}\n${line}`;
  }
  for (const [name, value] of Object.entries(fields)) fields[name] = unquoted(String(value).trim());
  return { fields, count: Object.keys(fields).length };
}

/** Without the quotes around it, and without the sign of a block. */
function unquoted(value: string): string {
  const block = /^[|>][-+\d]*\n([\s\S]*)$/.exec(value)?.[1];
  if (block !== undefined) return block.replaceAll(/^[ \t]+/gm, '');
  return /^(["'])([\s\S]*)\1$/.exec(value)?.[2] ?? value;
}

/** The first paragraph of a text without front matter: what it is about, as its author begins. */
export function firstParagraph(body: string): string {
  const paragraphs = body.split(/\n[ \t]*\n/).map((part) => part.replaceAll(/^#{1,6}[ \t].*$/gm, '').trim());
  return (paragraphs.find((part) => part !== '') ?? '').replaceAll(/\s+/g, ' ').slice(0, 500);
}
