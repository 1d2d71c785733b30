import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { ensureFolder } from '../../store/folders.ts';
import { withLock } from '../../store/lock.ts';
import { replaceFile } from '../../store/replace-file.ts';
import { makeSelfSigned, type SelfSigned } from './x509.ts';

const DAY_MS = 86_400_000;
/** Browsers refuse what lasts much longer than two years. */
const LASTS_MS = 397 * DAY_MS;
const RENEWED_BEFORE_MS = 30 * DAY_MS;

/** A certificate with what a person compares when the browser first asks. */
export interface Certificate extends SelfSigned {
  /** SHA-256 of it, in pairs of hex digits. */
  fingerprint: string;
  isNew: boolean;
}

/** The certificate for this name or address, made when there is none, or it is nearly over, or for another one. */
export async function ensureCertificate(home: string, host: string, now = Date.now()): Promise<Certificate> {
  const folder = join(home, 'web');
  ensureFolder(home);
  ensureFolder(folder);
  const file = join(folder, 'certificate.json');
  return withLock(file, async (lock) => {
    const kept = read(file);
    if (kept !== undefined && isGood(kept, host, now)) return { ...kept, ...printOf(kept), isNew: false };
    const made = makeSelfSigned(host, new Date(now - DAY_MS), new Date(now + LASTS_MS));
    lock.assertHeld();
    await replaceFile(file, `${JSON.stringify(made, null, 1)}\n`);
    return { ...made, ...printOf(made), isNew: true };
  });
}

const printOf = ({ certificate }: SelfSigned) => ({
  fingerprint: new X509Certificate(certificate).fingerprint256,
});

/** What is damaged is made anew: nothing else hangs on it than a question that the browser asks again. */
function read(file: string): SelfSigned | undefined {
  try {
    const { certificate, key } = JSON.parse(readFileSync(file, 'utf8'));
    return typeof certificate === 'string' && typeof key === 'string' ? { certificate, key } : undefined;
  } catch {
    return undefined;
  }
}

function isGood({ certificate }: SelfSigned, host: string, now: number): boolean {
  try {
    const parsed = new X509Certificate(certificate);
    const isFor = isIP(host) === 0 ? parsed.checkHost(host) : parsed.checkIP(host);
    return isFor !== undefined && Date.parse(parsed.validTo) - now > RENEWED_BEFORE_MS;
  } catch {
    return false;
  }
}
