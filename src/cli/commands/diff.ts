import { join } from 'node:path';
import { type GrantChanges, openChanges } from '../../files/changes/open-changes.ts';
import type { State } from '../../files/changes/state.ts';
import { type Finding, survey } from '../../files/changes/survey.ts';
import { type ContentDiff, diffBelow, diffContent } from '../../files/changes/text-diff.ts';
import { readable } from '../../files/host.ts';
import { conflictsOf } from '../../files/review/apply.ts';
import { openStaged } from '../../files/review/open-staged.ts';
import { isShown } from '../../files/review/staged.ts';
import type { Change } from '../../protocol/change.ts';
import { checkpointsFolder } from '../../team/paths.ts';
import { findAgent, findTeam, readTeam } from '../../team/team.ts';
import { plainText } from '../../text/plain.ts';
import type { CommandModule } from '../command.ts';
import { placesOf } from '../grant-paths.ts';
import { type BranchChange, branchChanges } from '../repositories.ts';

export const run: CommandModule['run'] = async (args, { home, env, stdout, stderr }) => {
  const dir = findTeam(home, args.team);
  const team = readTeam(dir);
  const agent = typeof args.agent === 'string' ? findAgent(team, args.agent).name : undefined;
  const shown: Change[] = [];
  for (const { grant, path } of placesOf(team, args.path)) {
    const opened = await openChanges(checkpointsFolder(dir), grant);
    if ('reason' in opened) {
      stderr.write(`${grant.path}: ${opened.reason}\n`);
      continue;
    }
    using changes = opened;
    for (const finding of merged(survey({ ...changes, agent, path }))) {
      const diff = await diffContent(finding, changes);
      shown.push(toShown(grant, finding, diff));
    }
    shown.push(...(await showStaged(changes, { agent, path, folder: grant.path })));
  }
  const onBranches = await branchChanges(dir, args.path, agent);
  shown.push(...onBranches.map(ofBranch));
  if (args.json) {
    stdout.write(`${JSON.stringify(shown)}\n`);
    return;
  }
  if (team.sandbox === 'none' && onBranches.length === 0)
    stderr.write('Without a virtual machine nothing is recorded.\n');
  const isColoured = stdout.isTTY === true && !env.NO_COLOR;
  if (shown.length === 0) stdout.write('Nothing has changed.\n');
  for (const each of shown) stdout.write(render(each, isColoured));
  if (shown.some(({ staged }) => staged))
    stderr.write(
      'What is not applied lands with `cowork apply [PATH]`, and goes with `cowork undo [PATH]`.\n',
    );
};

const ofBranch = ({ agents, diff, ...change }: BranchChange): Change => ({
  ...change,
  ...{ agents, by: agents.at(-1) ?? '', at: '', conflict: null, was: null, is: null, staged: false },
  ...{ diff, summary: diff === null ? 'no text, or only its rights' : null },
});

/** What was removed and made anew under the same name is modified to people; times alone are nothing. */
function merged(findings: readonly Finding[]): Finding[] {
  const made = new Map(
    findings.filter(({ change }) => change === 'created').map((each) => [each.path, each]),
  );
  const replaced = new Set<Finding>();
  const result = findings.flatMap((finding): Finding[] => {
    const { change, was, is, path } = finding;
    if (change === 'attributes' && was?.mode === is?.mode) return [];
    const anew = change === 'deleted' ? made.get(path) : undefined;
    if (anew?.is === undefined || was === undefined || anew.is.kind !== was.kind) return [finding];
    replaced.add(anew);
    return was.kind === 'directory'
      ? []
      : [{ ...finding, change: 'modified', is: anew.is, conflict: finding.conflict ?? anew.conflict }];
  });
  return result.filter((finding) => !replaced.has(finding));
}

function toShown(
  grant: { name: string; path: string },
  finding: Finding,
  diff: ContentDiff | undefined,
): Change {
  const { node, change, path, from, was, is, conflict } = finding;
  const on = (bytes: string) => join(grant.path, readable(bytes));
  return {
    ...{ grant: grant.name, path: on(path), change, from: from === undefined ? null : on(from) },
    ...{ agents: [...node.agents].sort(), by: node.lastBy, at: node.lastAt, conflict: conflict ?? null },
    ...{ was: brief(was), is: brief(is), staged: false, ...showContent(diff) },
  };
}

/** What agents have in their own versions of a grant under review. */
async function showStaged(
  { checkpoints, grant, root }: GrantChanges,
  { agent, path, folder }: { agent: string | undefined; path: string; folder: string },
): Promise<Change[]> {
  const versions = await openStaged(checkpoints, grant, root, agent);
  try {
    const all = versions.map((version) => ({ version, changes: version.changes(path) }));
    const conflicts = new Map(conflictsOf(all).map(({ path: at, reason }) => [at, reason]));
    const shown: Change[] = [];
    for (const { version, changes } of all) {
      for (const { change, path: at, was, is } of changes.filter(isShown)) {
        const diff = await diffBelow(at, { state: was, root }, { state: is, root: version.files });
        const by = version.agent;
        shown.push({
          ...{ grant, path: join(folder, readable(at)), change, from: null, agents: [by], by },
          ...{ at: new Date(Number(BigInt(is?.ctime ?? was?.ctime ?? 0) / 1_000_000n)).toISOString() },
          ...{ conflict: conflicts.get(readable(at)) ?? null, was: brief(was), is: brief(is), staged: true },
          ...showContent(diff),
        });
      }
    }
    return shown;
  } finally {
    for (const version of versions) version[Symbol.dispose]();
  }
}

const brief = (state: State | undefined) =>
  state === undefined ? null : { kind: state.kind, mode: state.mode.toString(8), size: state.size };

const showContent = (diff: ContentDiff | undefined) => ({
  diff: diff !== undefined && 'lines' in diff ? diff.lines : null,
  summary: diff !== undefined && 'summary' in diff ? diff.summary : null,
});

function render(
  { change, path, from, agents, was, is, conflict, staged, branch, diff, summary }: Change,
  isColoured: boolean,
): string {
  const paint = (code: number, text: string) => (isColoured ? `\x1b[${code}m${text}\x1b[0m` : text);
  const kind = branch !== undefined || (is ?? was)?.kind === 'file' ? '' : ` ${(is ?? was)?.kind}`;
  const moved = from === null ? '' : `${plainText(from)} → `;
  const head = paint(1, `${change}${kind}  ${moved}${plainText(path)}`);
  const rights =
    was !== null && is !== null && was.mode !== is.mode ? `  rights ${was.mode} → ${is.mode}\n` : '';
  const body = (diff ?? []).map((line) => {
    const text = plainText(line, { lines: true }).replaceAll('\n', '\u240a');
    const code = line.startsWith('@@') ? 36 : line.startsWith('-') ? 31 : line.startsWith('+') ? 32 : 0;
    return `${code === 0 ? text : paint(code, text)}\n`;
  });
  return [
    `${head}  (${agents.join(', ')}${staged ? ', not applied' : ''}${branch === undefined ? '' : `, on ${branch}`})\n`,
    conflict === null ? '' : paint(33, `  conflict: ${conflict}\n`),
    rights,
    summary === null ? '' : `  ${summary}\n`,
    ...body,
    '\n',
  ].join('');
}
