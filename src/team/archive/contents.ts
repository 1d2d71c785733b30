/** Format of archives. */
export const ARCHIVE_VERSION = 1;
/** First entry of an archive: what it says of itself. */
export const LABEL = 'cowork-export.json';
/** The rest lies below. */
export const ROOT = 'team/';

/** The label of an archive. */
export interface ArchiveLabel {
  v: typeof ARCHIVE_VERSION;
  team: string;
  exported: string;
  files: number;
  bytes: number;
}

const NAME = '[a-z0-9][a-z0-9-]{0,62}';
/**
 * The files that travel. First versions, staged changes and repositories do not, as they are about folders of this machine; nor what is about
 * its processes, plugins and scratch folders.
 */
const TRAVELS = [
  /^team\.json$/,
  /^(ledger|alerts|approvals|edits|figures)\.jsonl$/,
  /^supervisor\.log$/,
  new RegExp(`^mailbox/${NAME}/(inbox(\\.[0-9]+)?\\.jsonl|inbox\\.[0-9]+\\.base\\.json|cursor\\.json)$`),
  /^mailbox\/\.bodies\/[0-9A-Za-z]{1,64}\.txt$/,
  /^tasks\/(journal(\.[0-9]+)?\.jsonl|journal\.[0-9]+\.base\.json)$/,
  new RegExp(
    `^agents/${NAME}/(agent\\.json|transcript\\.jsonl|keeper\\.log|egress(\\.1)?\\.jsonl|pane(\\.1)?\\.cast)$`,
  ),
  /^artifacts\/[\w-][\w.-]{0,200}$/,
  /^memory\/([^/\\\p{C}]{1,200}\/){0,8}[^/\\\p{C}]{1,200}$/u,
];

/** Whether a path below a team's folder is one that travels: no other is ever written by an import. */
export const travels = (path: string): boolean =>
  TRAVELS.some((form) => form.test(path)) && !path.split('/').some((part) => part === '.' || part === '..');
