import { posix } from 'node:path';
import { tagsOf } from '../workbook/tags.ts';
import { type Block, Collector, type Outline, type Part, SLIDES_MAX } from './outline.ts';

/** The words of a pptx, slide by slide in the order of the deck. */
export function deckOf(parts: ReadonlyMap<string, string>): Outline {
  const deck = parts.get('ppt/presentation.xml');
  if (deck === undefined)
    return { kind: 'deck', parts: [], isCut: false, reason: 'it has no presentation.xml' };
  const places = relationsOf(parts, 'ppt/presentation.xml');
  const slides: Part[] = [];
  const collector = new Collector();
  // A part that is named a thousand times is read once.
  const unread = new Map(parts);
  for (const { name, isEnd, attribute } of tagsOf(deck)) {
    if (name !== 'sldId' || isEnd) continue;
    if (slides.length >= SLIDES_MAX) collector.isCut = true;
    if (collector.isCut) break;
    const place = places.get(attribute('r:id') ?? '')?.place ?? '';
    slides.push(readSlide(unread, place, collector));
  }
  const reason = slides.length === 0 ? 'it has no slide' : null;
  return { kind: 'deck', parts: slides, isCut: collector.isCut, reason };
}

function readSlide(unread: Map<string, string>, place: string, collector: Collector): Part {
  const slide: Part = { title: '', blocks: [], notes: [] };
  const relations = [...relationsOf(unread, place).values()];
  for (const { holder, block } of blocksOf(take(unread, place), slide, collector)) {
    if (/^(?:ctrT|t)itle$/.test(holder) && slide.title === '' && 'text' in block) slide.title = block.text;
    else collector.add(slide, block);
  }
  const notes = relations.find(({ type }) => type.endsWith('/notesSlide'))?.place ?? '';
  const aside: Part = { title: '', blocks: [], notes: [] };
  for (const { holder, block } of blocksOf(take(unread, notes), aside, collector))
    if (holder === 'body' && 'text' in block) slide.notes.push(block.text);
  return slide;
}

function take(unread: Map<string, string>, place: string): string | undefined {
  const part = unread.get(place);
  unread.delete(place);
  return part;
}

/** Texts and pictures with the kind of placeholder that they stand in; tables are added to `part` as they end. */
function* blocksOf(
  document = '',
  part: Part,
  collector: Collector,
): Generator<{ holder: string; block: Exclude<Block, { kind: 'table' }> }> {
  let holder = '';
  let text = '';
  let level = 0;
  let isPicture = false;
  let isOld = false;
  for (const { name, isEnd, attribute, text: letters } of tagsOf(document)) {
    if (name === 'Fallback') isOld = !isEnd;
    if (isOld) continue;
    const isInTable = collector.follow(name, isEnd, part);
    if (name === 'pic') isPicture = !isEnd;
    if (/^(?:sp|pic|graphicFrame)$/.test(name)) holder = '';
    if (name === 'p' && isEnd) {
      const said = collector.bounded(text);
      if (isInTable) collector.line(said);
      // Numbers of slides, dates and feet are the same on each.
      else if (said.trim() !== '' && !/^(?:sldNum|dt|ftr|hdr)$/.test(holder))
        yield { holder, block: holder === 'text' ? { kind: 'item', level, text: said } : asText(said) };
    }
    if (isEnd) continue;
    if (name === 'ph') holder = attribute('type') ?? 'text';
    else if (name === 'p') [text, level] = ['', 0];
    else if (name === 'pPr') level = Math.min(8, Math.max(0, Math.trunc(Number(attribute('lvl'))) || 0));
    else if (name === 't') text += letters;
    else if (name === 'br') text += '\n';
    else if (name === 'chart') yield { holder, block: { kind: 'picture', text: 'chart' } };
    else if (name === 'cNvPr' && isPicture)
      yield { holder, block: { kind: 'picture', text: collector.bounded(attribute('descr') ?? '') } };
  }
}

const asText = (text: string) => ({ kind: 'paragraph', text }) as const;

interface Relation {
  place: string;
  type: string;
}

/** What a part points to, by the ids that it uses. */
function relationsOf(parts: ReadonlyMap<string, string>, of: string): Map<string, Relation> {
  const relations = new Map<string, Relation>();
  const folder = posix.dirname(of);
  const document = parts.get(`${folder}/_rels/${posix.basename(of)}.rels`) ?? '';
  for (const { name, isEnd, attribute } of tagsOf(document)) {
    if (name !== 'Relationship' || isEnd) continue;
    const place = posix.resolve('/', folder, attribute('Target') ?? '').slice(1);
    relations.set(attribute('Id') ?? '', { place, type: attribute('Type') ?? '' });
  }
  return relations;
}
