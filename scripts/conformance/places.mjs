import { globSync, lstatSync } from 'node:fs';
import { join } from 'node:path';
import { TEAM_FILES } from '../../src/protocol/format.ts';

const places = TEAM_FILES.map((place) => ({ ...place, pattern: toPattern(place.path) }));

/** What is there while somebody works on a file: its lock, a draft of what replaces it, a socket. */
const PASSING = /\.(?:lock-owner|tmp|new|sock)$/;

/** All files below a team's folder, each with what it should be; `kept` is undefined for what no team has. */
export function filesOf(dir) {
  return globSync(['*', '.*', '**/*', '**/.*'], { cwd: dir })
    .filter((path) => lstatSync(join(dir, path)).isFile() && !PASSING.test(path))
    .toSorted()
    .filter((path, i, all) => path !== all[i - 1])
    .map((path) => {
      const { kept, shape } = places.find(({ pattern }) => pattern.test(path)) ?? {};
      return { path, kept, shape };
    });
}

/** `*` stands for one name or a part of it that is no dot's, `**` for anything. */
function toPattern(path) {
  const parts = path.split(/(\*\*|\*)/).map((part, i, all) => {
    if (part === '**') return '.+';
    if (part === '*') return all[i - 1]?.endsWith('.') ? '\\d+' : '[^/]+';
    return part.replaceAll('.', '\\.');
  });
  return new RegExp(`^${parts.join('')}$`);
}
