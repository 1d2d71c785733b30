import { rmSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createNotes, type Finding } from '../../src/extensions/finding.ts';
import { parseFrontMatter } from '../../src/extensions/format/front-matter.ts';
import { readManifest } from '../../src/extensions/format/manifest.ts';
import { readMarketplace } from '../../src/extensions/format/marketplace.ts';
import { HOOK_EVENTS, readHooks } from '../../src/extensions/load/hooks.ts';
import { readMcpServers } from '../../src/extensions/load/mcp-servers.ts';
import { loadPlugin } from '../../src/extensions/load/plugin.ts';
import { matches } from '../../src/protocol/hooks.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { writeFiles } from './corpus/case.ts';

const KEYS =
  'name description version author skills commands agents hooks mcpServers dependencies plugins source owner type command url args matcher timeout'.split(
    ' ',
  );
const word = fc.oneof(
  fc.constantFrom(
    ...KEYS,
    ...HOOK_EVENTS.slice(0, 4),
    '../x',
    './a',
    '',
    '__proto__',
    'constructor',
    '*',
    '(',
    '\u0000',
    '\ud800',
  ),
  fc.string({ maxLength: 20 }),
);
/** Any JSON, with the words of the formats in it more often than chance would have it. */
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.oneof(word, fc.integer(), fc.boolean(), fc.constant(null)),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(word, tie('value'), { maxKeys: 5, noNullPrototype: true }),
  ),
})).value;

const isTold = (findings: readonly Finding[]): boolean =>
  findings.every(({ file, reason }) => file !== '' && reason !== '' && reason.length <= 500);

test('whatever JSON a manifest, hooks, servers or a marketplace hold, reading never throws and always gives a reason', () => {
  fc.assert(
    fc.property(json, (value) => {
      const notes = createNotes();
      readManifest(value, 'f', notes);
      for (const hook of readHooks(value, 'f', notes))
        expect(() => matches(hook.matcher, 'Bash')).not.toThrow();
      readMcpServers(value, 'f', notes);
      const { findings, state, plugins } = readMarketplace(JSON.stringify(value), {
        file: 'f',
        folder: '/m',
      });
      expect(isTold([...notes.findings, ...findings])).toBe(true);
      expect(state === 'refused' || findings.every(({ severity }) => severity === 'warning')).toBe(true);
      for (const { source } of plugins)
        if (source.kind === 'folder') expect(source.path.split('/')).not.toContain('..');
    }),
    { numRuns: 1000 },
  );
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});

test('whatever stands between the fences, front matter gives an object and the body, in time', () => {
  const line = fc.oneof(
    fc
      .tuple(
        word,
        fc.constantFrom(':', ': ', ':\t', ': "', ": '", ': [', ': {', ': |', ': >', ': &a ', ': *a'),
        fc.string({ maxLength: 30 }),
      )
      .map((parts) => parts.join('')),
    fc.constantFrom('---', '...', '- a', '  b: c', '\tx: y', '<example>', '# c', '? k', '<<: *a'),
    fc.string({ maxLength: 40 }),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), fc.string({ maxLength: 40 }), (lines, body) => {
      const read = parseFrontMatter(`---\n${lines.join('\n')}\n---\n${body}`);
      expect(Object.getPrototypeOf(read.fields)).toBe(Object.prototype);
      expect(read.body.endsWith(body)).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

test('values that are plain words are read as YAML reads them', () => {
  const text = fc.stringMatching(/^[A-Za-z][A-Za-z0-9 ,.()'"!?*/-]{0,40}[A-Za-z.]$/);
  const item = fc.stringMatching(/^[A-Za-z][A-Za-z0-9,.()'"!?*/:-]{0,20}[A-Za-z.)]$/);
  const value = fc.oneof(text, fc.array(item, { minLength: 1, maxLength: 3 }));
  const key = fc.constantFrom('name', 'description', 'model', 'color');
  fc.assert(
    fc.property(fc.dictionary(key, value, { minKeys: 1 }), (fields) => {
      const plain = Object.entries(fields).map(([name, given]) =>
        typeof given === 'string'
          ? `${name}: ${given}`
          : [`${name}:`, ...given.map((each) => `  - ${each}`)].join('\n'),
      );
      const { zz: _, ...parsed } = parseFrontMatter(`---\n${[...plain, 'zz: [1]'].join('\n')}\n---\n`).fields;
      expect(parseFrontMatter(`---\n${plain.join('\n')}\n---\n`).fields).toEqual(parsed);
    }),
    { numRuns: 500 },
  );
});

test('any files in a plugin load, load with warnings, or are refused with file and reason', async () => {
  const folder = join(await temporaryFolder(), 'p');
  const path = fc.constantFrom(
    '.claude-plugin/plugin.json',
    '.mcp.json',
    'hooks/hooks.json',
    'SKILL.md',
    'skills/s/SKILL.md',
    'commands/c.md',
    'agents/a.md',
    'README.md',
  );
  const content = fc.oneof(
    json.map((value) => JSON.stringify(value)),
    fc.string(),
    word.map((text) => `---\ndescription: ${text}\n${text}: x\n---\n${text}`),
  );
  fc.assert(
    fc.property(fc.dictionary(path, content, { maxKeys: 5 }), (files) => {
      rmSync(folder, { recursive: true, force: true });
      writeFiles(folder, files);
      const { state, findings, components } = loadPlugin(folder);
      expect(isTold(findings)).toBe(true);
      expect(state === 'loaded').toBe(findings.length === 0);
      if (state === 'refused') expect(Object.values(components).flat()).toEqual([]);
    }),
    { numRuns: 300 },
  );
});
