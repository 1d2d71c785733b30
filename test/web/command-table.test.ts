import { expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/table.ts';
import { page, rows } from '../docs/pages.ts';

it('the page of the dashboard says of every command what of it is in the page, and of no other', () => {
  const [, section = ''] = page('docs/web.md').split('## What of the command line is there');
  const named = rows(section.split('\n## ')[0] ?? '').flatMap(([first = '']) =>
    [...first.matchAll(/`([a-z]+)`/g)].map(([, name]) => name ?? ''),
  );
  expect(named.toSorted()).toEqual(COMMANDS.map(({ name }) => name).toSorted());
});
