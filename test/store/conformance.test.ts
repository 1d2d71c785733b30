import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openFileBackend } from '../../src/store/file-backend.ts';
import { openNatsBackend } from '../../src/store/nats/backend.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { conforms } from './conformance.ts';
import { hasNatsServer, type NatsServer, startNatsServer } from './support/nats-server.ts';
import { spoilFile } from './support/spoil-file.ts';

describe('the store in files', () => {
  conforms(async () => {
    const folder = await temporaryFolder();
    return {
      folder,
      open: async () => openFileBackend(folder),
      spoil: spoilFile(folder),
    };
  });
});

describe('the store in files of a few records each', () => {
  conforms(async () => {
    const folder = await temporaryFolder();
    return {
      folder,
      open: async () => openFileBackend(folder, { segmentBytes: 700, durable: false }),
      spoil: spoilFile(folder),
    };
  });
});

// Set-up installs Debian's nats-server; a machine without it has no second store to test.
describe.skipIf(!hasNatsServer)('the store on a NATS server', () => {
  let server: NatsServer;
  let teams = 0;
  beforeAll(async () => {
    server = await startNatsServer();
  });
  afterAll(() => server.stop());

  it('is made once when many open it for the first time at the same moment', async () => {
    for (let round = 0; round < 5; round++) {
      const team = `new-${round}`;
      const opened = await Promise.all(
        Array.from({ length: 16 }, () => openNatsBackend(server.address, team)),
      );
      await opened[0]?.cell('x').settle('y');
      expect(await Promise.all(opened.map((backend) => backend.cell('x').read()))).toEqual(
        opened.map(() => 'y'),
      );
      for (const backend of opened) await backend.close();
    }
  });

  conforms(async () => {
    const team = `team-${++teams}`;
    return {
      folder: await temporaryFolder(),
      open: async () => {
        const backend = await openNatsBackend(server.address, team);
        onTestFinished(() => backend.close());
        return backend;
      },
      spoil: async (log, text) => {
        const connection = await connect({ servers: server.address });
        connection.publish(`cowork.${team}.${log.replace('.jsonl', '').replaceAll('/', '.')}`, text);
        await connection.drain();
      },
    };
  });
});
