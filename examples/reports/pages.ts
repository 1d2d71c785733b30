/** Share of a page that has to be darker or lighter than its ground. */
const INK = 0.002;

/** Whether a picture (PGM, 8 bits: `pdftoppm -gray`) is of one shade but for a few points. */
export function isBlank(picture: Buffer): boolean {
  const [head = '', width = 0, height = 0] =
    /^P5\s+(\d+)\s+(\d+)\s+255\s/.exec(picture.subarray(0, 40).toString('latin1')) ?? [];
  const points = picture.subarray(head.length, head.length + Number(width) * Number(height));
  if (head === '' || points.length === 0) return true;
  const shades = new Array<number>(256).fill(0);
  for (const shade of points) shades[shade] = (shades[shade] ?? 0) + 1;
  const ground = shades.indexOf(Math.max(...shades));
  const ink = shades.reduce((sum, count, shade) => (Math.abs(shade - ground) > 24 ? sum + count : sum), 0);
  return ink < points.length * INK;
}

/** Words that stand outside their page or over its edge, of what `pdftotext -bbox` says. */
export function wordsOutside(places: string): string[] {
  const outside: string[] = [];
  let [width, height] = [0, 0];
  for (const [tag = '', name, word = ''] of places.matchAll(/<(page|word)\b[^>]*>(?:([^<]*)<\/word>)?/g)) {
    const number = (attribute: string): number =>
      Number(new RegExp(`\\b${attribute}="(-?[\\d.]+)"`).exec(tag)?.[1] ?? Number.NaN);
    if (name === 'page') [width, height] = [number('width'), number('height')];
    // A line may reach a point over the edge, where nothing of its letters is.
    else if (
      number('xMin') < -1 ||
      number('yMin') < -1 ||
      number('xMax') > width + 1 ||
      number('yMax') > height + 1
    )
      outside.push(word);
  }
  return outside;
}
