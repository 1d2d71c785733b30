import { join } from 'node:path';
import type { Change } from '../../protocol/change.ts';
import { findBelow } from './below.ts';
import { firstPlaceOf, type History, type Node, placeOf } from './history.ts';
import { hasContent } from './same-content.ts';
import { isUntouched, type State } from './state.ts';
import { stateAt } from './where.ts';

/** One thing that is not as it was before the team, or before one agent. */
export interface Finding {
  node: Node;
  /** `renamed` may have new content too, `modified` may have new rights; `attributes` are rights and times only. */
  change: Change['change'];
  /** Where it is, or was when it is gone; bytes. */
  path: string;
  /** Where it was at first, when it is somewhere else now. */
  from: string | undefined;
  was: State | undefined;
  is: State | undefined;
  /** Why undoing it would lose what somebody outside has done. */
  conflict: string | undefined;
}

export interface SurveyOptions {
  history: History;
  /** The grant's root, held by a descriptor. */
  root: number;
  checkpoints: string;
  /** Only what this agent has changed, since it first did. */
  agent?: string | undefined;
  /** Only what is at, or was at, or below this path; bytes. */
  path?: string | undefined;
}

/** Compares what was kept with what is there: everything that agents changed and that is not as it was. */
export function survey(options: SurveyOptions): Finding[] {
  const { history, agent, path = '' } = options;
  const isAsked = (place: string | undefined) =>
    place !== undefined && (path === '' || place === path || place.startsWith(`${path}/`));
  const findings: Finding[] = [];
  for (const node of history.nodes()) {
    if (agent === undefined ? node.agents.size === 0 : !node.agents.has(agent)) continue;
    const finding = look(node, options);
    if (finding !== undefined && (isAsked(finding.path) || isAsked(finding.from))) findings.push(finding);
  }
  return findings.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function look(node: Node, { history, root, checkpoints, agent }: SurveyOptions): Finding | undefined {
  const now = placeOf(node, history.root);
  const at = firstPlaceOf(node, history.root);
  const path = now ?? at;
  if (path === undefined) return undefined;
  const is = now === undefined ? undefined : stateBelow(root, now);
  const was = agent === undefined ? node.first : node.firsts.get(agent);
  const finding = { node, path, from: undefined, was, is, conflict: conflictOf(node, is, history) };
  if (now === undefined) return { ...finding, change: 'deleted' };
  if (is === undefined) {
    // Agents made it and somebody took it away: nothing is left to say. What was there before should be.
    return node.origin === undefined ? undefined : { ...finding, change: 'deleted' };
  }
  const isOwnWork = agent === undefined || (node.placedBy.has(agent) && was === undefined);
  if (node.origin === undefined && node !== history.root && isOwnWork)
    return { ...finding, change: 'created' };
  const hasMoved =
    node.origin !== undefined && (node.parent !== node.origin.parent || node.name !== node.origin.name);
  if (hasMoved && (agent === undefined || node.placedBy.has(agent)))
    return { ...finding, change: 'renamed', from: at };
  if (was === undefined) return undefined;
  if (was.kept !== undefined && !hasContent(join(checkpoints, was.kept), was, root, now, is)) {
    return { ...finding, change: 'modified' };
  }
  return was.mode === is.mode && was.mtime === is.mtime ? undefined : { ...finding, change: 'attributes' };
}

/** What an outsider did to a node since the team last had it. */
function conflictOf(node: Node, is: State | undefined, history: History): string | undefined {
  if (node.isForeign) return 'it was changed outside the team in between';
  const isThere = placeOf(node, history.root) !== undefined;
  if (is === undefined)
    return isThere && node.origin !== undefined ? 'it was removed outside the team' : undefined;
  if (is.kind === 'directory') return undefined;
  const left = history.leftOf(is.file) ?? (node.first?.file === is.file ? node.first : undefined);
  if (left === undefined) return 'another file stands there';
  return isUntouched(left, is) ? undefined : 'it was changed outside the team since';
}

/** The state of what stands at a path below a root; undefined when nothing does. */
export function stateBelow(root: number, path: string): State | undefined {
  if (path === '') return stateAt({ fd: root });
  using below = findBelow(root, path);
  return below === undefined ? undefined : stateAt(below);
}
