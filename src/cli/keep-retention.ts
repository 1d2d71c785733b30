import { removeFiles, whatGoes } from '../team/retention.ts';
import { readSettings } from '../team/settings.ts';
import type { Surroundings } from './command.ts';
import { size } from './render-sizes.ts';

/** Removes what the settings say of recordings and logs of teams that have ended, and says so. Without a setting, nothing. */
export function keepRetention({ home, stderr }: Pick<Surroundings, 'home' | 'stderr'>): void {
  const { retention } = readSettings(home);
  if (retention === undefined) return;
  const gone = removeFiles(home, whatGoes(home, retention));
  if (gone.length === 0) return;
  const bytes = gone.reduce((sum, file) => sum + file.bytes, 0);
  stderr.write(
    `Removed ${gone.length} recordings and logs of teams that have ended (${size(bytes)}), as settings.json says.\n`,
  );
}
