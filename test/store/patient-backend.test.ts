import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openFileBackend } from '../../src/store/file-backend.ts';
import { openNatsBackend } from '../../src/store/nats/backend.ts';
import { patientBackend } from '../../src/store/patient-backend.ts';
import { eventually } from '../support/eventually.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { conforms } from './conformance.ts';
import { hasNatsServer, type NatsServer, startNatsServer } from './support/nats-server.ts';
import { note, parseNote } from './support/records.ts';
import { spoilFile } from './support/spoil-file.ts';
import { openWire } from './support/wire.ts';

const LOG = 'mailbox/bob/inbox.jsonl';
const forever = () => ({ forMs: 60_000, signal: new AbortController().signal });

describe('a patient store in files', () => {
  conforms(async () => {
    const folder = await temporaryFolder();
    return {
      folder,
      open: async () => patientBackend(openFileBackend(folder), forever()),
      spoil: spoilFile(folder),
    };
  });
});

// Set-up fetches Debian's nats-server; a machine without it has no second store to test.
describe.skipIf(!hasNatsServer)('a patient store on a NATS server', () => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await startNatsServer();
  });
  afterAll(() => server.stop());

  it('writes a record once, also when the answer to it was lost and the wire then cut', async () => {
    const wire = await openWire(server.port, onTestFinished);
    const far = await openNatsBackend(wire.address, 'patient');
    const near = await openNatsBackend(server.address, 'patient');
    onTestFinished(() => near.close());
    onTestFinished(() => far.close());
    const mine = patientBackend(far, forever()).log(LOG, parseNote);
    const other = near.log(LOG, parseNote);
    await mine.append(note('before'));
    await mine.read();

    wire.deafen();
    let isDone = false;
    const claimed = mine.claim(note('under way')).finally(() => {
      isDone = true;
    });
    await eventually('the server to have it', async () =>
      (await other.read()).records.some(({ text }) => text === 'under way'),
    );
    await other.append(note('meanwhile'));
    expect(isDone).toBe(false);
    wire.cut();
    wire.mend();
    const { records } = await claimed;
    expect(records.map(({ text }) => text)).toEqual(['under way', 'meanwhile']);
    const all = await near.log(LOG, parseNote).read();
    expect(all.records.map(({ text }) => text)).toEqual(['before', 'under way', 'meanwhile']);
  }, 60_000);

  it('gives up when nobody waits any more, with the reason', async () => {
    const wire = await openWire(server.port, onTestFinished);
    const far = await openNatsBackend(wire.address, 'given-up');
    onTestFinished(() => far.close());
    const asked = new AbortController();
    const log = patientBackend(far, { forMs: 60_000, signal: asked.signal }).log(LOG, parseNote);
    await log.append(note('before'));
    wire.cut();
    const claimed = log.claim(note('lost'));
    asked.abort();
    await expect(claimed).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' });
  }, 60_000);
});
