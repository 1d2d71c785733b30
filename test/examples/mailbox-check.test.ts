import { execFile } from 'node:child_process';
import { readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { check } from '../../examples/mailbox/check.ts';
import { dateMail } from '../../examples/mailbox/dates.ts';
import { prepare } from '../../examples/mailbox/prepare.ts';
import { temporaryFolder } from '../support/temporary.ts';

const PROGRAM = new URL('../../examples/mailbox/mailbox.py', import.meta.url).pathname;

/** Date header, folder and date by the rules of job.md. */
const DATES: [string, string, string][] = [
  ['Date: Sat, 31 Aug 2002 22:30:00 -0400', '2002-09', '2002-09-01T02:30:00Z'],
  ['Date: Sun, 1 Sep 2002 01:00:00 +0200 (CEST)', '2002-08', '2002-08-31T23:00:00Z'],
  ['date: 6 Sep 2002 8:4:5 EDT', '2002-09', '2002-09-06T12:04:05Z'],
  ['DATE: Mon, 6 Sep 97 08:44 Z', '1997-09', '1997-09-06T08:44:00Z'],
  ['Date:\n\tThu, 22 Aug\n 2002 18:57:35 GMT', '2002-08', '2002-08-22T18:57:35Z'],
  ['Date: 03 Jul 01 12:47:50 AM', '2001-07', '2001-07-03T00:47:50'],
  ['Date: 03 Jul 01 12:47:50 PM -0400', '2001-07', '2001-07-03T16:47:50Z'],
  ['Date: Sat Sep 21 08:18:08 2002', '2002-09', '2002-09-21T08:18:08'],
  ['Date: 2002/09/14 Sat 02:29:32 CDT', '2002-09', '2002-09-14T07:29:32Z'],
  ['Date: Wed,29 May 2002 17:51:47 +0800', '2002-05', '2002-05-29T09:51:47Z'],
  ['Date: Fri, 30 Aug 02 21:48:08 Eastern Daylight Time', '2002-08', '2002-08-30T21:48:08'],
  ['Date: Fri, 19 Jul 2002 09:42:07 -0400 AWL version=2.40', '2002-07', '2002-07-19T13:42:07Z'],
  ['Date: Mon, 22 Jul 2002 0:4:52 +-0500', '2002-07', '2002-07-22T00:04:52'],
  ['Date: Fri, 07 Jun 2002 16:35:51 GMT+1', '2002-06', '2002-06-07T16:35:51'],
  ['Date: 7 Jun 2002 16:35:51 +1500', '2002-06', '2002-06-07T16:35:51'],
  ['Date: 1 Jan 2002 10:00:00 +1400', '2001-12', '2001-12-31T20:00:00Z'],
  ['Date: Mon, 29 Jul 0102 12:09:21 +0800', '2002-07', '2002-07-29T04:09:21Z'],
  ['Date: Mon, 29 Jul 102 12:09:21 +0800', '2002-07', '2002-07-29T04:09:21Z'],
  ['Date: 29 Feb 0100 12:00:00 +0000', '2000-02', '2000-02-29T12:00:00Z'],
  ['Date: 1 Aug 2002 13:59:59', 'zone', ''],
  ['Date: 1 Aug 2002 14:00:00', '2002-08', '2002-08-01T14:00:00'],
  ['Date: 31 Jul 2002 11:59:59', '2002-07', '2002-07-31T11:59:59'],
  ['Date: 31 Jul 2002 12:00:00', 'zone', ''],
  ['Date: Mon, 28 Jul 1980 14:01:35', 'implausible', ''],
  ['Date: 31 Dec 1994 23:00:00 -0500', 'implausible', ''],
  ['Date: 1 Jan 2004 00:00:00 +0500', 'implausible', ''],
  ['Date: 30 Feb 2002 10:00:00 +0000', 'unreadable', ''],
  ['Date: 29 Feb 2001 10:00:00 +0000', 'unreadable', ''],
  ['Date: 10 Foo 2002 10:00:00 +0000', 'unreadable', ''],
  ['Date: 10 Jul 2002 24:00:00 +0000', 'unreadable', ''],
  ['Date: 10 Jul 2002', 'unreadable', ''],
  ['Date: yesterday', 'unreadable', ''],
  ['Date:', 'unreadable', ''],
  ['X-Date: 10 Jul 2002 10:00:00 +0000', 'missing', ''],
  ['Subject: x\n\nDate: 10 Jul 2002 10:00:00 +0000', 'missing', ''],
  ['Date: 10 Jul 2002 10:00:00 +0000\nDate: 10 Aug 2002 10:00:00 +0000', '2002-07', '2002-07-10T10:00:00Z'],
];

test('The checker dates mails by the rules of the job', () => {
  for (const [header, place, date] of DATES) {
    const dated = dateMail(Buffer.from(`From x\n${header}\nReceived: by y\n\nHello\n`));
    const expected = date === '' ? { folder: 'undated', reason: place } : { folder: place };
    expect({ header, ...dated }).toMatchObject({ header, date, ...expected });
  }
});

test("The program of the rehearsal's lead dates them the same, without knowing the checker", async () => {
  const folder = await temporaryFolder();
  const name = (place: number) => `${place.toString(16).padStart(4, '0')}.eml`;
  await Promise.all(
    DATES.map(([header], place) =>
      writeFile(
        join(folder, name(place)),
        `From x\r\n${header.replaceAll('\n', '\r\n')}\r\nFrom: a@b\r\n\r\nHello\r\n`,
      ),
    ),
  );
  const run = async (...args: string[]) => {
    const { stdout } = await promisify(execFile)('python3', ['-I', '-S', PROGRAM, ...args], { cwd: folder });
    return JSON.parse(stdout);
  };
  await run('sort', '0-f');
  await run('settle', 'since-1900', 'undated');
  expect(await run('index')).toMatchObject({ mails: DATES.length });
  for (const [place, [header, where]] of DATES.entries()) {
    const month = /^\d/.test(where) ? where : 'undated';
    expect({ header, files: await readdir(join(folder, month)) }).toMatchObject({
      header,
      files: expect.arrayContaining([name(place)]),
    });
  }
});

test('A mail that is lost, misplaced, changed or copied, and a folder that nobody sorted, are found out', async () => {
  const folder = join(await temporaryFolder(), 'mailbox');
  const manifest = await prepare(folder);
  expect(manifest.mails).toHaveLength(500);
  expect(new Set(manifest.mails.map(({ file }) => file)).size).toBe(500);
  const [first = '', second = '', third = ''] = manifest.mails.map(({ file }) => file);
  await rename(join(folder, first), join(folder, 'gone.txt'));
  await writeFile(join(folder, second), 'Hello');
  await writeFile(join(folder, 'new.eml'), 'Hello');
  const { ok, mails, problems } = await check(folder, manifest);
  expect([ok, mails]).toEqual([false, 0]);
  expect(problems).toEqual(
    expect.arrayContaining([
      'gone.txt: was left behind',
      `${first}: lies in 0 places`,
      `${second}: its bytes were changed`,
      expect.stringMatching(`${third}: lies in the root, belongs to `),
      `${third}: is not in index.csv`,
      'new.eml: was not among the mails',
      'chart.svg: is no chart',
      'overview.md: shows no chart',
    ]),
  );
});
