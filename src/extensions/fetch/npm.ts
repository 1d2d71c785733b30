import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { CoworkError } from '../../protocol/errors.ts';
import type { Source } from '../format/source.ts';
import { isObject, parseJson } from '../format/text.ts';
import { messageOf, TREE_LIMITS } from '../load/tree.ts';
import type { Fetched, FetchOptions } from './fetched.ts';
import { runProgram } from './run-program.ts';

/** Fetches a package with npm, which knows registries and their credentials, and checks it. None of its scripts runs. */
export async function fetchNpm(
  source: Extract<Source, { kind: 'npm' }>,
  into: string,
  { env, signal }: FetchOptions,
): Promise<Fetched> {
  const wanted = `${source.package}@${source.version ?? 'latest'}`;
  const registry = source.registry === null ? [] : [`--registry=${source.registry}`];
  const args = [
    'pack',
    '--json',
    '--ignore-scripts',
    '--loglevel=error',
    `--pack-destination=${into}`,
    ...registry,
  ];
  const { code, stdout, stderr } = await runProgram('npm', [...args, '--', wanted], {
    cwd: into,
    env,
    signal,
  });
  if (code !== 0) throw failed(wanted, reasonIn(stdout) ?? (stderr.split('\n')[0] || 'npm does not say why'));
  const packed = readdirSync(into).find((name) => name.endsWith('.tgz'));
  if (packed === undefined) throw failed(wanted, 'npm left no package');
  const files = join(into, 'files');
  mkdirSync(files, { mode: 0o700 });
  const tar = join(into, 'package.tar');
  try {
    const maxOutputLength = TREE_LIMITS.bytes;
    writeFileSync(tar, await promisify(gunzip)(readFileSync(join(into, packed)), { maxOutputLength }), {
      mode: 0o600,
    });
  } catch (error) {
    throw failed(wanted, `it can't be unpacked: ${messageOf(error)}`);
  }
  // tar itself refuses absolute paths and `..`; links are judged with the other files afterwards.
  const unpack = [
    '-x',
    '-f',
    tar,
    '-C',
    files,
    '--strip-components=1',
    '--no-same-owner',
    '--no-same-permissions',
  ];
  const unpacked = await runProgram('tar', unpack, { signal });
  if (unpacked.code !== 0) throw failed(wanted, `it can't be unpacked: ${unpacked.stderr.split('\n')[0]}`);
  return { folder: files, within: files, revision: versionIn(stdout) };
}

/** npm's own word for a version and its integrity, from what it prints. */
function versionIn(stdout: string): string {
  const parsed = parseJson(stdout);
  const packed = 'value' in parsed && Array.isArray(parsed.value) ? parsed.value[0] : undefined;
  return isObject(packed) && typeof packed.version === 'string' ? packed.version : '';
}

function reasonIn(stdout: string): string | undefined {
  const parsed = parseJson(stdout);
  const error = 'value' in parsed && isObject(parsed.value) ? parsed.value.error : undefined;
  return isObject(error) && typeof error.summary === 'string' ? error.summary.split('\n')[0] : undefined;
}

const failed = (what: string, why: string): CoworkError =>
  new CoworkError('PLUGIN_FETCH_FAILED', `npm package ${what} can't be fetched: ${why}.`);
