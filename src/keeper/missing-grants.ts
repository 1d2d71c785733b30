import { statSync } from 'node:fs';
import { closeAlert, raiseAlert } from '../team/alerts.ts';
import type { TeamGrant } from '../team/team.ts';
import type { Body } from './body.ts';

const ALERT = 'grant';

export interface MissingGrant {
  name: string;
  /** Without a path of the host: an agent reads it, too. */
  reason: string;
}

/** The granted folders that an agent does without: those that can't be served, or are gone. The others are not affected. */
export function missingGrants(grants: readonly TeamGrant[], body: Pick<Body, 'showGrants'>): MissingGrant[] {
  const unserved = body.showGrants([]);
  return grants.flatMap(({ name, path }) => {
    const reason = unserved.find((grant) => grant.name === name)?.reason ?? whyGone(path);
    return reason === undefined ? [] : [{ name, reason }];
  });
}

/** Has one alert name them, which closes when an agent of this name starts with all. */
export async function tellMissingGrants(
  dir: string,
  agent: string,
  missing: readonly MissingGrant[],
): Promise<void> {
  if (missing.length === 0) return closeAlert(dir, agent, ALERT);
  const named = missing.map(({ name, reason }) => `${name} (${reason})`).join(', ');
  await raiseAlert(
    dir,
    agent,
    ALERT,
    `${agent} works without ${named}. Mend it, then stop and resume the team.`,
  );
}

function whyGone(path: string): string | undefined {
  try {
    return statSync(path).isDirectory() ? undefined : 'it is no folder any more';
  } catch {
    return 'it is not there any more';
  }
}
