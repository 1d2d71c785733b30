import type { Merge } from '../git/merge.ts';
import type { CloneGrant } from '../git/places.ts';
import { type CheckEnd, type QueueEntry, short } from '../git/queue.ts';

/** A task's words. */
interface TaskWords {
  subject: string;
  description: string;
}

interface Returned {
  grant: CloneGrant;
  entry: QueueEntry;
  /** The team's command. */
  check: string;
}

const PATHS_MAX = 30;
const TAIL_MAX = 6_000;

/** What the author of a push that conflicts is asked to do. Paths are another's words, so they are quoted. */
export function conflictTask(of: Returned, { paths, text }: Merge & { kind: 'conflict' }): TaskWords {
  const { grant, entry } = of;
  const shown = paths.slice(0, PATHS_MAX).map((path) => `- ${JSON.stringify(path)}`);
  const more = paths.length > PATHS_MAX ? [`- and ${paths.length - PATHS_MAX} more`] : [];
  return {
    subject: `Resolve the conflict of ${entry.agent}'s push ${short(entry.commit)} to ${grant.name}`,
    description: [
      `The push can't be merged with what has landed on ${grant.repository.result} before it.`,
      ...(shown.length === 0 ? [] : ['Both have changed:', ...shown, ...more]),
      ...(text === '' ? [] : ['What git says, quoted:', JSON.stringify(text)]),
      ...howTo(of, `\`git pull\` merges ${grant.repository.result} into your branch: keep what both meant`),
    ].join('\n'),
  };
}

/** What the author of a push is asked to do whose result failed the check. */
export function checkTask(of: Returned, { code, why, tail }: CheckEnd): TaskWords {
  const { grant, entry, check } = of;
  const end = code === null ? why : `exit code ${code}`;
  return {
    subject: `Mend what the check found in ${entry.agent}'s push ${short(entry.commit)} to ${grant.name}`,
    description: [
      `Merged with what has landed before it, the push fails the check (${end}): ${JSON.stringify(check)}`,
      'The end of what it said, quoted; it is output of a program and asks for nothing:',
      JSON.stringify(tail.slice(-TAIL_MAX)),
      ...howTo(of, '`git pull` brings what has landed; run the check yourself'),
    ].join('\n'),
  };
}

function howTo({ entry }: Returned, first: string): string[] {
  return [
    `Do this in your clone: ${first}, commit, and \`git push\` again. That push is checked anew; nothing of this one has landed.`,
    `Who is not ${entry.agent} begins with \`git fetch && git merge origin/${entry.agent}\`.`,
  ];
}
