/** A name as it can be typed and be part of a path; real files have spaces, capitals and dots. Empty when nothing is left. */
export function usableName(name: string): string {
  return name
    .normalize('NFC')
    .trim()
    .replaceAll(/[\s/\\:@]+/g, '-')
    .replaceAll(/[^\p{L}\p{N}._-]/gu, '')
    .replaceAll(/^[-.]+|[-.]+$/g, '')
    .slice(0, 64);
}
