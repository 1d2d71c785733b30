import { DESCRIPTION_MAX } from '../load/components.ts';
import { oneLine, type UsableSkill } from './skills-of-agent.ts';

/** Part of the context that the list of skills may take. */
const SHARE = 0.01;
/** Fewest characters that a token stands for in such texts; English has four. */
const CHARACTERS = 3;
/** Most characters of the files that a skill is about. */
const PATHS_MAX = 200;
/** Under this many characters a description says nothing. */
const SHORTEST = 40;

/**
 * The list of skills for a system prompt, within a hundredth of the context. Where that is too little, descriptions are
 * cut, the longest first; then left out; then skills are. What is left out is said.
 */
export function skillList(skills: readonly UsableSkill[], contextTokens: number): string {
  const offered = skills.filter(({ forModel }) => forModel);
  if (offered.length === 0) return '';
  const budget = Math.floor(contextTokens * SHARE * CHARACTERS) - NOTE_ROOM;
  const texts = offered.map(({ description, whenToUse, paths }) => {
    const files =
      paths.length === 0 ? '' : ` (only for files such as ${oneLine(paths.join(', ')).slice(0, PATHS_MAX)})`;
    return `${oneLine(`${description} ${whenToUse}`).slice(0, DESCRIPTION_MAX)}${files}`;
  });
  const names = offered.map(({ fullName, argumentHint }) =>
    oneLine(`- ${fullName}${argumentHint === '' ? '' : ` ${argumentHint.slice(0, 60)}`}`),
  );
  const nameRoom = names.reduce((sum, name) => sum + bytes(name) + 3, 0);
  const cut = longestThatFits(texts, budget - nameRoom);
  if (cut >= SHORTEST) {
    const shortened = texts.filter((text) => bytes(text) > cut).length;
    const rows = names.map((name, i) => row(name, texts[i] ?? '', cut));
    return [...rows, ...(shortened === 0 ? [] : [`(${shortened} descriptions are cut.)`])].join('\n');
  }
  return namesOnly(offered, budget);
}

/** Room for what is said of what was left out. */
const NOTE_ROOM = 300;

function namesOnly(offered: readonly UsableSkill[], budget: number): string {
  const listed: string[] = [];
  let room = budget;
  for (const { fullName } of offered) {
    room -= bytes(fullName) + 2;
    if (room < 0) break;
    listed.push(fullName);
  }
  const left = offered.length - listed.length;
  const note =
    left === 0
      ? 'Descriptions are left out: there are too many.'
      : `Descriptions are left out, and ${left} of ${offered.length} skills: there are too many.`;
  return [listed.join(', '), `(${note} Call skill with a word of what you need; it names those that fit.)`]
    .filter((line) => line !== '')
    .join('\n');
}

function row(name: string, text: string, cut: number): string {
  return text === '' ? name : `${name}: ${cutBytes(text, cut)}`;
}

/** The length to which texts have to be cut so that together they take no more than `room` bytes. */
function longestThatFits(texts: readonly string[], room: number): number {
  const sizes = texts.map(bytes).sort((a, b) => a - b);
  let left = room;
  for (const [i, size] of sizes.entries()) {
    const share = Math.floor(left / (sizes.length - i));
    if (size > share) return share;
    left -= size;
  }
  return Number.MAX_SAFE_INTEGER;
}

function cutBytes(text: string, max: number): string {
  if (bytes(text) <= max) return text;
  const cut = Buffer.from(text)
    .subarray(0, Math.max(0, max - 3))
    .toString('utf8')
    .replace(/\ufffd+$/, '');
  return `${cut}…`;
}

const bytes = (text: string): number => Buffer.byteLength(text);
