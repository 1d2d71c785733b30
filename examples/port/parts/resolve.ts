import { assertPath, partsOf } from './join.ts';

export function resolve(...paths: string[]): string {
  let path = '';
  for (const next of paths.toReversed()) {
    assertPath(next);
    if (next !== '' && !path.startsWith('/')) path = `${next}/${path}`;
  }
  const whole = path.startsWith('/') ? path : `${process.cwd()}/${path}`;
  return `/${partsOf(whole, false).join('/')}`;
}

export function relative(from: string, to: string): string {
  assertPath(from);
  assertPath(to);
  const [start, end] = [from, to].map((path) => partsOf(resolve(path), false)) as [string[], string[]];
  let same = 0;
  while (same < start.length && start[same] === end[same]) same++;
  return [...start.slice(same).map(() => '..'), ...end.slice(same)].join('/');
}
