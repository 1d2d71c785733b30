import type { HookReport } from '../protocol/hooks.ts';
import { replaceFile } from '../store/replace-file.ts';
import { type HookResults, readHookResults } from '../team/hook-results.ts';
import { hooksFile } from '../team/paths.ts';

/** Keeps the last result of each hook of an agent. Reports of hooks that are not armed count for nothing. */
export function openHookReports(
  dir: string,
  agent: string,
  armed: ReadonlySet<string>,
): (report: HookReport) => Promise<void> {
  const results: HookResults = readHookResults(dir, agent);
  let writing: Promise<void> = Promise.resolve();
  let isQueued = false;
  return async ({ id, ...report }) => {
    if (!armed.has(id)) return;
    const runs = (results[id]?.runs ?? 0) + 1;
    results[id] = { ...report, runs, at: new Date().toISOString() };
    if (isQueued) return;
    isQueued = true;
    // Not synced, and a full disk must not end the agent: it says how things went, and nothing follows from it.
    writing = writing
      .then(() => {
        isQueued = false;
        return replaceFile(hooksFile(dir, agent), `${JSON.stringify(results)}\n`, { durable: false });
      })
      .catch(() => {});
  };
}
