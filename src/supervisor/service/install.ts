import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CoworkError } from '../../protocol/errors.ts';
import { packageRoot } from '../../store/package-root.ts';
import { replaceFile } from '../../store/replace-file.ts';
import { isOnPath } from '../../vm/accelerator.ts';
import { environmentFile, MARK, unitFolder, unitName, unitText } from './unit.ts';

/** How long systemd may take to read its units again, in milliseconds. */
const RELOAD_MS = 10_000;

/** Writes the unit that starts cowork at login, and enables it. Returns where it is, and notes for the user. Throws SERVICE_UNAVAILABLE, SERVICE_FOREIGN. */
export async function installService(
  home: string,
  env: NodeJS.ProcessEnv,
): Promise<{ unit: string; notes: string[] }> {
  assertSystemd(env);
  const { unit, wanted } = placesOf(home, env);
  assertOurs(unit);
  const variables = environmentFile(env);
  const text = unitText({
    ...{ home, node: process.execPath, program: join(packageRoot(), 'bin', 'cowork.js') },
    ...{ path: env.PATH ?? '/usr/bin:/bin', environmentFile: variables },
  });
  await mkdir(dirname(wanted), { recursive: true });
  await replaceFile(unit, text);
  await rm(wanted, { force: true });
  await symlink(unit, wanted); // what `systemctl --user enable` does, which needs a manager that answers
  const key = existsSync(variables)
    ? []
    : [
        `Teams with a real model need its key there: put ANTHROPIC_API_KEY=… into ${variables}, readable by you only.`,
      ];
  return { unit, notes: [...reload(env), ...key] };
}

/** Removes the unit; what it has started goes on. Returns false when there was none. Throws SERVICE_FOREIGN. */
export async function uninstallService(
  home: string,
  env: NodeJS.ProcessEnv,
): Promise<{ wasThere: boolean; notes: string[] }> {
  const { unit, wanted } = placesOf(home, env);
  if (!existsSync(unit)) return { wasThere: false, notes: [] };
  assertOurs(unit);
  await rm(wanted, { force: true });
  await rm(unit, { force: true });
  return { wasThere: true, notes: isOnPath('systemctl', env.PATH) ? reload(env) : [] };
}

function placesOf(home: string, env: NodeJS.ProcessEnv): { unit: string; wanted: string } {
  const name = unitName(home, env);
  const folder = unitFolder(env);
  return { unit: join(folder, name), wanted: join(folder, 'default.target.wants', name) };
}

function assertSystemd(env: NodeJS.ProcessEnv): void {
  if (isOnPath('systemctl', env.PATH)) return;
  throw new CoworkError('SERVICE_UNAVAILABLE', 'There is no systemd here: systemctl is not on the PATH.');
}

function assertOurs(unit: string): void {
  if (!existsSync(unit) || readFileSync(unit, 'utf8').startsWith(MARK)) return;
  throw new CoworkError('SERVICE_FOREIGN', `${unit} was not written by cowork.`);
}

/** Has the manager of this user read its units again; where none answers, it does so at the next login. */
function reload(env: NodeJS.ProcessEnv): string[] {
  const { status, stderr } = spawnSync('systemctl', ['--user', 'daemon-reload'], {
    ...{ env, timeout: RELOAD_MS, encoding: 'utf8' },
  });
  if (status === 0) return [];
  const why = stderr?.trim().split('\n')[0] || 'no answer';
  return [`systemd does not answer now (${why}). It counts from your next login.`];
}
