import type { ExtensionState } from '../../../src/extensions/finding.ts';
import type { Content } from './case.ts';

/** A marketplace.json, which plugins it lists, and what is said about it. */
export interface MarketplaceCase {
  title: string;
  content: Content;
  state: ExtensionState;
  /** `NAME KIND` of each entry. */
  lists: string;
  says: RegExp[];
}

const of = (content: Content, title: string, lists: string, ...says: RegExp[]): MarketplaceCase => ({
  title,
  content,
  state: says.length > 0 ? 'warnings' : 'loaded',
  lists,
  says,
});
const refused = (content: Content, title: string, ...says: RegExp[]): MarketplaceCase => ({
  title,
  content,
  state: 'refused',
  lists: '',
  says,
});
const base = { name: 'm', owner: { name: 'o' } };
const entry = (source: unknown, title: string, kind: string, more: object = {}): MarketplaceCase =>
  of({ ...base, plugins: [{ name: 'p', source, ...more }] }, title, `p ${kind}`);
const bad = (given: unknown, title: string, says: RegExp): MarketplaceCase =>
  of({ ...base, plugins: [given] }, title, '', says);
const badSource = (source: unknown, title: string, says: RegExp): MarketplaceCase =>
  bad({ name: 'p', source }, title, says);

export const MARKETPLACES: MarketplaceCase[] = [
  of({ ...base, plugins: [] }, 'an empty list', ''),
  entry('./plugins/p', 'a path', 'folder'),
  entry('plugins/p', 'a path without ./', 'folder'),
  entry('./', 'the marketplace itself', 'folder'),
  of(
    { ...base, metadata: { pluginRoot: './plugins' }, plugins: [{ name: 'p', source: 'p' }] },
    'a bare name under pluginRoot',
    'p folder',
  ),
  entry({ source: 'github', repo: 'o/r' }, 'github', 'git'),
  entry(
    { source: 'github', repo: 'o/r', ref: 'v1.0', sha: 'a'.repeat(40) },
    'github with ref and sha',
    'git',
  ),
  entry({ source: 'url', url: 'https://x/r.git', ref: 'main' }, 'a git address', 'git'),
  entry({ source: 'url', url: 'https://x/r.git', path: 'sub/p' }, 'a git address with a path', 'git'),
  entry({ source: 'url', url: 'git@host:o/r.git' }, 'ssh in short form', 'git'),
  entry(
    { source: 'git-subdir', url: 'o/r', path: 'plugins/p' },
    'a folder of a repository by owner/repo',
    'git',
  ),
  entry(
    { source: 'git-subdir', url: 'https://x/r', path: 'p' },
    'a folder of a repository by address',
    'git',
  ),
  entry({ source: 'npm', package: '@o/p', version: '^1.0.0' }, 'npm', 'npm'),
  entry({ source: 'archive', url: 'https://x/p?as=zip', sha256: 'b'.repeat(64) }, 'archive', 'archive'),
  entry({ source: 'command', command: 'make plugin' }, 'command', 'command'),
  entry('./p', 'every field of plugin.json', 'folder', {
    version: '1',
    author: 'a',
    skills: ['./x'],
    strict: false,
    category: 'c',
    tags: [],
  }),
  of({ name: 'm', plugins: [] }, 'no owner', '', /no "owner"/),
  of({ ...base, name: 'My Market', plugins: [] }, 'a name with spaces', '', /"My Market" can't be typed/),
  of({ ...base, plugins: [], icon: 'x' }, 'an unknown field', '', /"icon" is not known/),
  of(
    {
      ...base,
      plugins: [
        { name: 'p', source: './a' },
        { name: 'p', source: './b' },
      ],
    },
    'a name twice',
    'p folder',
    /listed twice/,
  ),
  of(
    { ...base, plugins: [null, { name: 'p', source: './a' }] },
    'one bad entry among good ones',
    'p folder',
    /entry 1: an entry can't be null/,
  ),
  bad({ source: './p' }, 'an entry without name', /no "name"/),
  bad({ name: 'p' }, 'an entry without source', /no "source"/),
  bad({ name: '../p', source: './p' }, 'an entry whose name is a path', /the name is a path/),
  bad({ name: '', source: './p' }, 'an entry without letters', /no name can be made/),
  bad({ name: 'p', source: './p', strict: 'no' }, 'strict as text', /"strict" can't be a string/),
  bad('p', 'an entry as text', /can't be a string/),
  badSource('../p', 'a path above', /outside the marketplace/),
  badSource('./a/../../p', 'a path above, hidden', /outside the marketplace/),
  badSource('/etc', 'an absolute path', /outside the marketplace/),
  badSource('~/p', 'a path at home', /outside the marketplace/),
  badSource('..\\p', 'a path above with a backslash', /outside the marketplace/),
  badSource(7, 'a source that is a number', /the source can't be a number/),
  badSource({}, 'a source without kind', /no kind of source/),
  badSource({ source: 'svn', url: 'x' }, 'an unknown kind', /no kind of source "svn"/),
  badSource({ source: 'github' }, 'github without repo', /needs "repo"/),
  badSource({ source: 'github', repo: 'o' }, 'github without owner', /no owner\/repo/),
  badSource({ source: 'github', repo: 'o/r/../x' }, 'github that climbs', /no owner\/repo/),
  badSource({ source: 'github', repo: 'o/r', sha: 'abc' }, 'a short sha', /no full commit/),
  badSource(
    { source: 'github', repo: 'o/r', ref: '--upload-pack=x' },
    'a ref that is an option',
    /no branch, tag or commit/,
  ),
  badSource(
    { source: 'url', url: '--upload-pack=touch x' },
    'an address that is an option',
    /spaces|no address/,
  ),
  badSource({ source: 'url', url: 'ext::sh' }, 'an address that runs a program', /no address of a git/),
  badSource({ source: 'url', url: 'http://example.com/r' }, 'plain http', /is not https/),
  badSource(
    { source: 'url', url: 'ssh://-oProxyCommand=x/r' },
    'a host that is an option',
    /no address of a git/,
  ),
  badSource({ source: 'git-subdir', url: 'o/r' }, 'a folder of a repository without path', /needs "path"/),
  badSource(
    { source: 'git-subdir', url: 'o/r', path: '../x' },
    'a folder above the repository',
    /outside the repository/,
  ),
  badSource({ source: 'npm', package: '../x' }, 'npm that climbs', /no npm package/),
  badSource({ source: 'npm', package: 'git+ssh://x' }, 'npm that is an address', /no npm package/),
  badSource(
    { source: 'npm', package: 'p', registry: 'http://example.com' },
    'npm from a registry without https',
    /is not https/,
  ),
  badSource({ source: 'archive', url: 'http://example.com/x' }, 'an archive without https', /is not https/),
  badSource({ source: 'archive', url: 'file:///etc/x.zip' }, 'an archive of this host', /is not https/),
  badSource({ source: 'archive', url: 'https://x/y', sha256: 'q' }, 'a checksum that is none', /no SHA-256/),
  badSource({ source: 'command', command: '' }, 'a command without command', /needs "command"/),
  refused('', 'an empty file', /is no JSON/),
  refused('[]', 'a list', /holds a list/),
  refused({ owner: 'o', plugins: [] }, 'no name', /no "name"/),
  refused({ ...base, name: '../m', plugins: [] }, 'a name that climbs', /no name can be made/),
  refused(base, 'no list', /no list "plugins"/),
  refused({ ...base, plugins: {} }, 'plugins as an object', /"plugins" can't be an object/),
];
