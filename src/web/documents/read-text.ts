import { tagsOf } from '../workbook/tags.ts';
import { Collector, type Outline, type Part } from './outline.ts';

/** The words of a docx. What was moved away or deleted with changes tracked is not shown, what was inserted is. */
export function textOf(parts: ReadonlyMap<string, string>): Outline {
  const document = parts.get('word/document.xml');
  if (document === undefined)
    return { kind: 'text', parts: [], isCut: false, reason: 'it has no document.xml' };
  const styles = stylesOf(parts.get('word/styles.xml'));
  const part: Part = { title: '', blocks: [], notes: [] };
  const collector = new Collector();
  let isIn = false;
  let text = '';
  let style: Style = {};
  let hidden = '';
  for (const { name, isEnd, attribute, text: letters } of tagsOf(document)) {
    // What older programs show in place of a drawing would be there twice.
    if (hidden === '' && !isEnd && (name === 'Fallback' || name === 'moveFrom')) hidden = name;
    else if (hidden === name && isEnd) hidden = '';
    if (hidden !== '') continue;
    const isInTable = collector.follow(name, isEnd, part);
    if (name === 'p' && !isEnd) {
      isIn = true;
      text = '';
      style = {};
    } else if (name === 'p' && isIn) {
      const said = collector.bounded(text);
      if (isInTable) collector.line(said);
      else if (said.trim() !== '') collector.add(part, asBlock(said, style));
      isIn = false;
    } else if (isEnd) continue;
    else if (name === 'pStyle') style = { ...style, ...styles.get(saidBy(attribute)) };
    else if (name === 'numPr') style = { ...style, level: style.level ?? 0 };
    else if (name === 'ilvl') style = { ...style, level: bounded(saidBy(attribute)) };
    else if (name === 't') text += letters;
    else if (name === 'tab') text += '\t';
    else if (name === 'br' || name === 'cr') text += '\n';
    else if (name === 'docPr')
      collector.add(part, { kind: 'picture', text: collector.bounded(attribute('descr') ?? '') });
  }
  return { kind: 'text', parts: [part], isCut: collector.isCut, reason: null };
}

/** What a paragraph is by its style: a heading, an item of a list, or neither. */
interface Style {
  heading?: number;
  level?: number;
}

const asBlock = (text: string, { heading, level }: Style) =>
  heading !== undefined
    ? ({ kind: 'heading', level: heading, text } as const)
    : level !== undefined
      ? ({ kind: 'item', level, text } as const)
      : ({ kind: 'paragraph', text } as const);

type Attribute = (name: string) => string | undefined;

const saidBy = (attribute: Attribute): string => attribute('w:val') ?? attribute('val') ?? '';

const bounded = (digits: string): number => Math.min(8, Math.max(0, Math.trunc(Number(digits)) || 0));

function stylesOf(document = ''): Map<string, Style> {
  const styles = new Map<string, Style>();
  let id = '';
  for (const { name, isEnd, attribute } of tagsOf(document)) {
    if (isEnd) continue;
    if (name === 'style') id = attribute('w:styleId') ?? attribute('styleId') ?? '';
    const before = styles.get(id);
    const says = saidBy(attribute);
    if (name === 'name' && /^(?:sub)?title$/i.test(says)) styles.set(id, { ...before, heading: 1 });
    if (name === 'outlineLvl' && Number(says) < 9) styles.set(id, { ...before, heading: bounded(says) + 1 });
    if (name === 'numPr') styles.set(id, { ...before, level: 0 });
  }
  return styles;
}
