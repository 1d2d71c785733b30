import { setTimeout as delay } from 'node:timers/promises';
import { missingOptions, optionValues, type SetOption } from '../../extensions/install/options.ts';
import { serverTexts, takesOption } from '../../extensions/load/texts.ts';
import { ServerRefusal } from '../../extensions/servers/refusal.ts';
import type { UsableServer } from '../../extensions/use/servers-of-team.ts';

/** How often it is looked whether the user has set what a server waits for, milliseconds. */
const LOOK_MS = 3_000;

/**
 * What the user has set for the plugin of a server, as it is now. `shown` is where a path of the host is for the agent. Throws
 * ServerRefusal while the plugin lacks a value that it can't do without.
 */
export async function optionsFor(
  at: { home: string; env: NodeJS.ProcessEnv },
  server: UsableServer,
  shown: (path: string) => string,
): Promise<SetOption[]> {
  const { source, type } = server;
  if (source?.options === undefined) return [];
  const { id, list } = source.options;
  const missing = missingOptions(at.home, id, list);
  if (missing.length > 0) {
    const [key] = missing;
    const what = missing.length === 1 ? 'a value' : `values (${missing.join(', ')})`;
    throw new ServerRefusal('unset', `it needs ${what} of you: cowork plugin config ${source.plugin} ${key}`);
  }
  const texts = serverTexts(server);
  const values = await optionValues(at, id, list, (key) => takesOption(texts, key));
  // A service is spoken to from the host, and a path there is the user's.
  if (type !== 'stdio') return values;
  return values.map((option) => {
    const isPath = option.type === 'directory' || option.type === 'file';
    return isPath && typeof option.value === 'string' ? { ...option, value: shown(option.value) } : option;
  });
}

/** Resolves when nothing that the plugin of a server can't do without is missing any more. */
export async function untilSet(home: string, { source }: UsableServer, signal: AbortSignal): Promise<void> {
  if (source?.options === undefined) return;
  const { id, list } = source.options;
  while (!signal.aborted && missingOptions(home, id, list).length > 0)
    await delay(LOOK_MS, undefined, { signal }).catch(() => {});
}
