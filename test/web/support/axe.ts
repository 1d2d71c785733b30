import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const SOURCE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  id: string;
  nodes: { html: string; failureSummary: string }[];
}

/** What the rules of axe say against the page as it is now: WCAG 2.2 A and AA, and good practice. */
export async function violations(page: Page): Promise<string[]> {
  // By the browser's own door for tools: the page's policy lets no script in.
  if (!(await page.evaluate(`'axe' in window`))) await page.evaluate(SOURCE);
  const found = (await page.evaluate(
    `axe.run(document, { iframes: false, resultTypes: ['violations'] }).then(({ violations }) => violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html, failureSummary }) => ({ html, failureSummary })) })))`,
  )) as Violation[]; // made just above
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
  );
}
