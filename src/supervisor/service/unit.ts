import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** First line of a unit that is ours to replace and to remove. */
export const MARK = '# Written by `cowork service install`; `cowork service uninstall` removes it.';

/** Where systemd looks for units of the user. Source: systemd.unit(5). */
export const unitFolder = (env: NodeJS.ProcessEnv): string => join(configFolder(env), 'systemd', 'user');

/** Variables for what the service starts, such as the key for the model: the user's own file, never written by cowork. */
export const environmentFile = (env: NodeJS.ProcessEnv): string =>
  join(configFolder(env), 'cowork', 'environment');

const configFolder = (env: NodeJS.ProcessEnv): string =>
  env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config');

/** The service of a home; each home but the usual one has a unit of its own. */
export function unitName(home: string, env: NodeJS.ProcessEnv): string {
  if (home === join(env.HOME || homedir(), '.cowork')) return 'cowork.service';
  return `cowork-${createHash('sha256').update(home).digest('hex').slice(0, 8)}.service`;
}

/**
 * A unit that brings back, when the user logs in, what ran before: one command that starts processes and ends. They are not the unit's to kill: who stops it stops
 * no team. Source: systemd.service(5), systemd.kill(5).
 */
export function unitText(of: {
  home: string;
  node: string;
  program: string;
  path: string;
  environmentFile: string;
}): string {
  return `${MARK}
[Unit]
Description=Teams and schedules of cowork in ${plain(of.home)}

[Service]
Type=oneshot
RemainAfterExit=yes
KillMode=process
Environment=${quoted(`COWORK_HOME=${of.home}`)} ${quoted(`PATH=${of.path}`)}
EnvironmentFile=-${plain(of.environmentFile)}
ExecStart=${[of.node, of.program, 'service', 'start'].map(quoted).join(' ')}

[Install]
WantedBy=default.target
`;
}

/** A word as systemd reads it: no specifiers, no variables, no escapes. */
function quoted(word: string): string {
  const escaped = word
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('%', '%%')
    .replaceAll('$', '$$$$');
  return `"${escaped.replaceAll('\n', '\\n')}"`;
}

/** The rest of a line that is taken as it is. */
const plain = (text: string): string => text.replaceAll('%', '%%').replaceAll('\n', ' ');
