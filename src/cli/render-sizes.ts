import { SIZE_KINDS, type SizeKind } from '../team/team-sizes.ts';

export type Sizes = Partial<Record<SizeKind, number>>;

/** What a team is made of, for people: `12 MiB: transcripts 3 MiB, recordings 9 MiB`. */
export function renderSizes(sizes: Sizes): string {
  const total = Object.values(sizes).reduce((sum, bytes) => sum + bytes, 0);
  const parts = SIZE_KINDS.filter((kind) => (sizes[kind] ?? 0) > 0).map(
    (kind) => `${kind} ${size(sizes[kind] ?? 0)}`,
  );
  return parts.length === 0 ? 'nothing' : `${size(total)}: ${parts.join(', ')}`;
}

/** 950 B, 12.3 KiB, 4.5 MiB, 2.0 GiB. */
export function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  const power = Math.min(units.length - 1, bytes < 1 ? 0 : Math.floor(Math.log2(bytes) / 10));
  return `${power === 0 ? bytes : (bytes / 1024 ** power).toFixed(1)} ${units[power]}`;
}
