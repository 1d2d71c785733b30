import { connect, createServer, type Server, type Socket } from 'node:net';

/** A wire between a host and a server, that can be cut and mended. */
export interface Wire {
  address: string;
  cut(): void;
  /** The server hears on, and its answers are lost, until the wire is cut. */
  deafen(): void;
  mend(): void;
}

/** Lays a wire to a port on loopback; it is taken away at the end. */
export async function openWire(port: number, atEnd: (work: () => void) => void): Promise<Wire> {
  const ends = new Set<Socket>();
  let isCut = false;
  let isDeaf = false;
  const wire: Server = createServer((near) => {
    if (isCut) return void near.destroy();
    const far = connect(port, '127.0.0.1');
    for (const end of [near, far]) {
      ends.add(end);
      end.on('error', () => {}); // the other end is ended with it
      end.on('close', () => {
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far);
    far.on('data', (data) => {
      if (!isDeaf) near.write(data);
    });
  });
  await new Promise<void>((resolve) => wire.listen(0, '127.0.0.1', resolve));
  const address = wire.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const cut = (): void => {
    isCut = true;
    isDeaf = false;
    for (const end of ends) end.destroy();
  };
  atEnd(() => {
    cut();
    wire.close();
  });
  return {
    address: `nats://127.0.0.1:${address.port}`,
    cut,
    deafen: () => {
      isDeaf = true;
    },
    mend: () => {
      isCut = false;
    },
  };
}
