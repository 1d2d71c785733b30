import { closeSync, constants, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { UsableSkill } from '../extensions/use/skills-of-agent.ts';
import { held, inside, isPlainName, O_PATH } from '../files/host.ts';

/** Where skills lie in a granted folder. */
const FOLDERS = [
  ['.cowork', 'skills'],
  ['.claude', 'skills'],
  ['.agents', 'skills'],
];
/** Most skills of one folder, and most bytes of one that are looked at. */
const SKILLS_MAX = 200;
const BYTES_MAX = 64 * 1024;

/**
 * The skills that lie in granted folders, by name and description; the agent reads their text itself. Agents write there, so no link is
 * followed on the way, whoever swaps what while we look; and what they say never runs.
 */
export async function grantSkills(
  grants: readonly { path: string; shown: string }[],
): Promise<UsableSkill[]> {
  const found: { text: string; file: string; name: string }[] = [];
  for (const { path, shown } of grants) {
    for (const folder of FOLDERS) {
      const at = [shown, ...folder].join('/');
      found.push(...skillsIn(path, folder).map((each) => ({ ...each, file: join(at, each.file) })));
    }
  }
  if (found.length === 0) return [];
  const [{ skillOf }, { createNotes }] = await Promise.all([
    import('../extensions/load/skills.ts'),
    import('../extensions/finding.ts'),
  ]);
  return found.flatMap(({ text, file, name }) => {
    const skill = skillOf(text, { path: file, name, kind: 'skill' }, createNotes());
    return skill === undefined ? [] : [{ ...skill, fullName: skill.name, folder: null, mayRun: false }];
  });
}

function skillsIn(root: string, folder: readonly string[]): { text: string; file: string; name: string }[] {
  return (
    withFolder(root, folder, (fd) =>
      readdirSync(held(fd), 'latin1')
        .filter(isPlainName)
        .slice(0, SKILLS_MAX)
        .flatMap((bytes) => {
          const text = withEntry(fd, bytes, constants.O_DIRECTORY, (skill) =>
            withEntry(skill, 'SKILL.md', constants.O_RDONLY | constants.O_NONBLOCK, readText),
          );
          const name = Buffer.from(bytes, 'latin1').toString('utf8');
          return text === undefined ? [] : [{ text, name, file: join(name, 'SKILL.md') }];
        }),
    ) ?? []
  );
}

function withFolder<Result>(
  root: string,
  names: readonly string[],
  use: (fd: number) => Result,
): Result | undefined {
  let fd: number;
  try {
    fd = openSync(root, O_PATH | constants.O_DIRECTORY);
  } catch {
    return undefined; // a grant that is gone is named elsewhere
  }
  const go = (at: number, [name, ...rest]: readonly string[]): Result | undefined =>
    name === undefined ? use(at) : withEntry(at, name, constants.O_DIRECTORY, (next) => go(next, rest));
  try {
    return go(fd, names);
  } finally {
    closeSync(fd);
  }
}

/** Opens a name in an open folder without following a link; undefined when it is not there, or something else. */
function withEntry<Result>(
  folder: number,
  name: string,
  flags: number,
  use: (fd: number) => Result,
): Result | undefined {
  let fd: number;
  try {
    fd = openSync(inside(folder, name), flags | constants.O_NOFOLLOW);
  } catch {
    return undefined; // most folders have no skills
  }
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

function readText(fd: number): string | undefined {
  const stats = fstatSync(fd);
  if (!stats.isFile()) return undefined;
  const bytes = Buffer.alloc(Math.min(stats.size, BYTES_MAX));
  return bytes
    .subarray(0, readSync(fd, bytes, 0, bytes.length, 0))
    .toString('utf8')
    .replaceAll(/\r\n?/g, '\n');
}
