import { join } from 'node:path';
import { contentFolder } from '../extensions/install/store.ts';
import type { ExtensionSource } from '../extensions/use/team-extensions.ts';
import type { Sandbox } from '../protocol/team.ts';
import { memoryFolder } from '../team/paths.ts';

/** Where an agent finds a plugin's files, and where the plugin keeps its data. */
export interface PluginPlaces {
  root(source: Pick<ExtensionSource, 'folder' | 'checksum'>): string;
  data(source: Pick<ExtensionSource, 'folder'>): string;
  /** Puts both into a text that names them. */
  fill(text: string, source: ExtensionSource): string;
}

export function pluginPlaces(of: { home: string; dir: string; sandbox: Sandbox }): PluginPlaces {
  const { home, dir, sandbox } = of;
  const places: PluginPlaces = {
    root: ({ folder, checksum }) => (sandbox === 'vm' ? `/plugins/${folder}` : contentFolder(home, checksum)),
    data: ({ folder }) => join(sandbox === 'vm' ? '/memory' : memoryFolder(dir), '.plugins', folder),
    fill: (text, source) => {
      const values: Record<string, string> = { ROOT: places.root(source), DATA: places.data(source) };
      return text.replaceAll(/\$\{CLAUDE_PLUGIN_(ROOT|DATA)\}/g, (_, which: string) => values[which] ?? '');
    },
  };
  return places;
}
