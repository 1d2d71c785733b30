import { randomBytes } from 'node:crypto';
import type net from 'node:net';

/** Bytes of randomness that a machine gets when it becomes somebody's. */
const ENTROPY_BYTES = 64;
/** A guest that asks for the time without reading the answers gets no more of them than this, bytes. */
const MOST_UNREAD = 4_096;

/** Who a machine is made to be. */
export interface Identity {
  /** The guest's host name: 1 to 63 of `a-z 0-9 -`. */
  name: string;
  cols: number;
  rows: number;
  /** What files outside the grants may take, MiB. */
  diskMiB: number;
  /** Processes and threads that the agent's tools may run at a time. */
  processes: number;
}

/** What the host tells PID 1 of the guest over the status port, one line each. */
export function guestOrders(status: net.Socket) {
  return {
    /** The machine is somebody's: fresh randomness, the time, its name, terminal and limits; the guest then mounts the files and lets the agent go on. */
    begin: ({ name, cols, rows, diskMiB, processes }: Identity) =>
      void status.write(
        `begin ${randomBytes(ENTROPY_BYTES).toString('hex')} ${microseconds()} ${name} ${cols} ${rows} ${diskMiB} ${processes}\n`,
      ),
    /** Has the agent of a machine that is nobody's yet go the way to its first request once more, against a keeper of its own. */
    warmUp: () => void status.write('warm-up\n'),
    /** Puts the guest's clock right. */
    clock: () => {
      if (status.writableLength < MOST_UNREAD) status.write(`clock ${microseconds()}\n`);
    },
    /** Has the folders mounted now; without it they are a second after `begin`. */
    mountFiles: () => void status.write('files\n'),
    /** Asks what runs beside the agent. */
    askBusy: () => void status.write('busy?\n'),
    /** Ends the agent in its own way. */
    stop: () => void status.write('stop\n'),
  };
}

/** Since 1970. */
function microseconds(): number {
  return Date.now() * 1000;
}
