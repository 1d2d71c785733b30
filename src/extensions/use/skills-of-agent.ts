import type { Skill } from '../load/components.ts';
import type { TeamExtensions } from './team-extensions.ts';

/** A skill or command as one agent calls it. */
export interface UsableSkill extends Skill {
  /** `plugin:skill`, or the name alone for one of a skill folder. */
  fullName: string;
  /** Folder below `/plugins` that its file lies in; null for one in a granted folder. */
  folder: string | null;
  /** Whether commands in its text may run. */
  mayRun: boolean;
}

/** All skills and commands of a team; the first of each name counts. */
export function skillsOf({ sources }: TeamExtensions, more: readonly UsableSkill[] = []): UsableSkill[] {
  const all = sources.flatMap(({ plugin, folder, isAgreed, skills, commands }) =>
    [...skills, ...commands].map((skill) => ({
      ...skill,
      fullName: plugin === null ? skill.name : `${plugin}:${skill.name}`,
      folder,
      mayRun: isAgreed,
    })),
  );
  const first = new Map<string, UsableSkill>();
  for (const skill of [...all, ...more]) if (!first.has(skill.fullName)) first.set(skill.fullName, skill);
  return [...first.values()];
}

/**
 * The skill that a name means: its full name, or the last part of it when only one plugin has that. Undefined when there
 * is none, or when several have it.
 */
export function findSkill(skills: readonly UsableSkill[], name: string): UsableSkill | undefined {
  const given = name.trim().replace(/^\//, '').toLowerCase();
  const exact = skills.find(({ fullName }) => fullName.toLowerCase() === given);
  if (exact !== undefined) return exact;
  const alike = skills.filter(
    ({ name: own, title }) => own.toLowerCase() === given || title?.toLowerCase() === given,
  );
  return alike.length === 1 ? alike[0] : undefined;
}

/** Skills that a word may mean, for whoever asked for one that is not there. */
export function similarSkills(skills: readonly UsableSkill[], word: string): string[] {
  const words = word
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((each) => each.length > 2);
  const score = ({ fullName, description }: UsableSkill): number => {
    const [title, text] = [fullName.toLowerCase(), description.toLowerCase()];
    return words.reduce(
      (sum, each) => sum + (title.includes(each) ? 3 : 0) + (text.includes(each) ? 1 : 0),
      0,
    );
  };
  return skills
    .map((skill) => ({ skill, points: score(skill) }))
    .filter(({ points }) => points > 0)
    .sort((a, b) => b.points - a.points)
    .slice(0, 10)
    .map(({ skill: { fullName, description } }) => `${fullName}: ${oneLine(description).slice(0, 160)}`);
}

export const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();
