import { AGENT_EVENTS, HOOK_TYPES } from '../../protocol/hooks.ts';
import type { HookHandler } from '../load/hooks.ts';
import type { ExtensionSource, TeamExtensions } from './team-extensions.ts';

/** A hook of a plugin, and whether agents run it. */
export interface TeamHook extends HookHandler {
  /** The plugin and the place of the hook in it, from 1. */
  id: string;
  plugin: string;
  source: ExtensionSource;
  /** Why agents do not run it; null when it is armed. */
  whyNot: string | null;
}

export function hooksOf({ sources }: TeamExtensions): TeamHook[] {
  return sources.flatMap((source) =>
    source.hooks.map((hook, i) => {
      const plugin = source.plugin ?? source.folder;
      return { ...hook, id: `${plugin}:${i + 1}`, plugin, source, whyNot: whyNot(hook, source) };
    }),
  );
}

function whyNot({ event, type }: HookHandler, { plugin, isAgreed }: ExtensionSource): string | null {
  if (!(AGENT_EVENTS as readonly string[]).includes(event)) return `agents have no event ${event}`;
  if (!(HOOK_TYPES as readonly string[]).includes(type)) return `agents run no handler of the type ${type}`;
  return isAgreed ? null : `it waits for your consent: cowork plugin add ${plugin} --yes`;
}
