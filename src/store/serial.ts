/** Runs pieces of work one at a time, in the order they were asked for. */
export function createSerial(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work, work); // what went wrong before us is told to who asked for that
    last = mine;
    mine.catch(() => {}); // our own caller has it
    return mine;
  };
}
