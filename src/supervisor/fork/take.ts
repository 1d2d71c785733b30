import { existsSync } from 'node:fs';
import { copyFile, cp, lstat, mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { openMailbox } from '../../mailbox/mailbox.ts';
import { bodyCell, inboxLog } from '../../mailbox/paths.ts';
import { CoworkError } from '../../protocol/errors.ts';
import { openFileBackend } from '../../store/file-backend.ts';
import { FOLDER_MODE } from '../../store/folders.ts';
import { encodeRecord, type JsonRecord, type RecordHead } from '../../store/record.ts';
import { replaceFile } from '../../store/replace-file.ts';
import { basesOf } from '../../store/segments.ts';
import { TASKS_LOG } from '../../tasklist/journal.ts';
import { memoryFolder } from '../../team/paths.ts';
import { isBefore, type Moment } from './moment.ts';

/** From which team to which; the first is only read. */
export interface Way {
  from: string;
  to: string;
  moment: Moment;
}

/** Takes the task list over as it was, places and ids included. */
export async function takeTasks(way: Way): Promise<void> {
  await takeLog(way, TASKS_LOG);
}

/** Takes the mail to one agent over. What it `knows` by its conversation is read; the rest waits for it. */
export async function takeMail(way: Way, agent: string, knows: ReadonlySet<string>): Promise<void> {
  const records = await takeLog(way, inboxLog(agent));
  for (const { body } of records) {
    const id = (body as { id?: unknown } | undefined)?.id; // checked when it was sent, or it is no message
    if (typeof id === 'string') await takeFile(way, bodyCell(basename(id)));
  }
  const inbox = openMailbox(way.to).inbox(agent);
  const read = (await inbox.read()).filter(({ id }) => knows.has(id));
  if (read.length > 0)
    await inbox.mark(
      'acked',
      read.map(({ seq }) => seq),
    );
}

/** Takes the user's mail over; what a terminal has shown, and what was answered, stays so. */
export async function takeUserMail(way: Way): Promise<void> {
  await takeMail(way, 'user', new Set());
  const before = new Map(
    (await openMailbox(way.from).log({ agent: 'user' })).map(({ id, state }) => [id, state]),
  );
  const inbox = openMailbox(way.to).inbox('user');
  const mail = await inbox.read();
  for (const step of ['delivered', 'seen', 'acked'] as const) {
    const seqs = mail.filter(({ id }) => before.get(id) === step).map(({ seq }) => seq);
    if (seqs.length > 0) await inbox.mark(step, seqs);
  }
}

/** Takes a journal of one file over, as far as it had come. */
export async function takeJournal(way: Way, name: string): Promise<JsonRecord[]> {
  return takeLog(way, name);
}

/** Copies a file that never changes; one that is not there is left out. */
export async function takeFile({ from, to }: Way, name: string): Promise<void> {
  if (!existsSync(join(from, name))) return;
  await mkdir(dirname(join(to, name)), { recursive: true, mode: FOLDER_MODE });
  await copyFile(join(from, name), join(to, name));
}

/** Copies what the agents share at /memory, as it is now. */
export async function takeMemory({ from, to }: Way): Promise<void> {
  if (!existsSync(memoryFolder(from))) return;
  // What agents made there is theirs: links stay links, and nothing is opened that is no file.
  const filter = async (path: string): Promise<boolean> => {
    const is = await lstat(path);
    return is.isFile() || is.isDirectory() || is.isSymbolicLink();
  };
  await cp(memoryFolder(from), memoryFolder(to), { recursive: true, verbatimSymlinks: true, filter });
}

/** Writes records to a new journal. */
export async function writeRecords(file: string, records: readonly RecordHead[]): Promise<void> {
  if (records.length === 0) return;
  await mkdir(dirname(file), { recursive: true, mode: FOLDER_MODE });
  await replaceFile(file, Buffer.concat(records.map(encodeRecord)));
}

/** What counts in a log, up to the first record behind the moment: all readers agree on its order, whatever clocks said. */
async function takeLog({ from, to, moment }: Way, name: string): Promise<JsonRecord[]> {
  const file = join(from, name);
  if (!existsSync(file) && basesOf(file).length > 0) {
    throw new CoworkError(
      'FORK_REFUSED',
      `The beginning of ${file} is gone: what was there at an earlier time is not known.`,
    );
  }
  const log = openFileBackend(from).log(name, (record) => ({ record }), { from: 'start' });
  const { records } = await log.read();
  const behind = records.findIndex(({ at }) => !isBefore(moment, at));
  const taken = behind === -1 ? records : records.slice(0, behind);
  await writeRecords(join(to, name), taken);
  return taken;
}
