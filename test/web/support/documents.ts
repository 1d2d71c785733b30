import { makeZip } from '../../extensions/support/zip.ts';

const packed = (parts: Record<string, string>): Buffer =>
  makeZip(Object.entries(parts).map(([name, text]) => ({ name, content: Buffer.from(text) })));

/** A text document with this body of XML. */
export const makeText = (body: string, styles = ''): Buffer =>
  packed({
    'word/document.xml': `<w:document><w:body>${body}</w:body></w:document>`,
    'word/styles.xml': styles,
  });

/** A deck of one slide with these shapes of XML. */
export const makeDeck = (shapes: string): Buffer =>
  packed({
    'ppt/presentation.xml': '<p:presentation><p:sldId r:id="a"/></p:presentation>',
    'ppt/_rels/presentation.xml.rels': '<Relationship Id="a" Type="x/slide" Target="slides/slide1.xml"/>',
    'ppt/slides/slide1.xml': `<p:sld>${shapes}</p:sld>`,
  });
