import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Manifest as Addresses, prepare as prepareAddresses } from '../addresses/prepare.ts';
import { dateMail } from '../mailbox/dates.ts';
import { prepare as prepareMailbox } from '../mailbox/prepare.ts';

/** What was laid out; it stays outside the folders that the team gets. */
export interface Manifest {
  mails: { file: string; month: string; size: number; sha256: string }[];
  addresses: Addresses['addresses'];
}

/** Lays out the mails of the example `mailbox` as its job leaves them, sorted by month, and the speeches of the example `addresses`. */
export async function prepare(folder: string): Promise<Manifest> {
  const mailbox = join(folder, 'mails');
  const { mails } = await prepareMailbox(mailbox);
  const sorted: Manifest['mails'] = [];
  for (const { file, size, sha256 } of mails) {
    const { folder: month } = dateMail(await readFile(join(mailbox, file)));
    await mkdir(join(mailbox, month), { recursive: true });
    await rename(join(mailbox, file), join(mailbox, month, file));
    sorted.push({ file, month, size, sha256 });
  }
  return { mails: sorted, addresses: (await prepareAddresses(join(folder, 'addresses'))).addresses };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder, manifest] = process.argv.slice(2);
  if (!folder || !manifest) {
    process.stderr.write('usage: npx node examples/reports/prepare.ts FOLDER MANIFEST.json\n');
    process.exit(2);
  }
  const prepared = await prepare(folder);
  await writeFile(manifest, JSON.stringify(prepared));
  process.stderr.write(
    `${prepared.mails.length} mails and ${prepared.addresses.length} addresses are in ${folder}\n`,
  );
}
