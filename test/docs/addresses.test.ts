import { globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { page, ROOT } from './pages.ts';

/** Hosts of package registries and mirrors, in parts, so that this file does not name them either. */
const HOSTS = [
  ['registry', 'npmjs', 'org'],
  ['registry', 'yarnpkg', 'com'],
  ['registry', 'npmmirror', 'com'],
  ['deb', 'debian', 'org'],
  ['security', 'debian', 'org'],
  ['ftp', 'debian', 'org'],
  ['archive', 'ubuntu', 'com'],
  ['pypi', 'org'],
  ['files', 'pythonhosted', 'org'],
  ['ghcr', 'io'],
].map((parts) => parts.join('.'));
const DOWNLOAD = /https?:\/\/\S+\.(tgz|tar(\.\w+)?|zip|deb|rpm|whl|iso|img|qcow2|xz|zst)\b/;

const files = globSync('{*,.ci/**,bench/**,bin/**,docs/**,examples/**,scripts/**,src/**,test/**,types/**}', {
  cwd: ROOT,
}).filter((file) => !/^(node_modules|dist|\.git)$/.test(file) && statSync(join(ROOT, file)).isFile());

test('no file names the host of a registry or the address of a download', () => {
  const naming = files.filter((file) => {
    const text = readFileSync(join(ROOT, file), 'latin1');
    return HOSTS.some((host) => text.includes(host)) || DOWNLOAD.test(text);
  });
  expect(files).toContain('package-lock.json');
  expect(naming).toEqual([]);
});

test('package-lock.json leaves it to npm where packages come from', () => {
  expect(page('package-lock.json')).not.toContain('"resolved"');
});
