import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Checks what the records of one inbox say together: `segments` are its files with their records, in order. */
export function checkInbox(dir, agent, segments, cursor) {
  const problems = [];
  const messages = countingOf(segments).filter(({ value }) => value.type === 'message');
  for (const { path, line, value } of messages) {
    const { id, to, body } = value;
    if (to !== agent)
      problems.push({ path, line, what: `message ${id} is to ${to} and stands in the inbox of ${agent}` });
    if (body && !existsSync(join(dir, 'mailbox/.bodies', `${body.id}.txt`)))
      problems.push({ path, line, what: `the text ${body.id} is missing` });
  }
  for (const step of cursor === undefined ? [] : ['delivered', 'seen', 'acked']) {
    const { upTo, beyond } = cursor[step];
    const highest = Math.max(upTo, ...beyond);
    if (highest > messages.length)
      problems.push({
        path: `mailbox/${agent}/cursor.json`,
        what: `${step} names message ${highest} of ${messages.length}`,
      });
  }
  return problems;
}

/** Every segment but the last is sealed. */
export function checkSeals(segments) {
  return segments
    .slice(0, -1)
    .filter(({ records }) => !records.some(isSeal))
    .map(({ path }) => ({ path, what: 'is not the last segment and is not sealed' }));
}

/** The records of a log that stand in front of a `sealed` of their segment. */
function countingOf(segments) {
  return segments.flatMap(({ path, records }) => {
    const end = records.findIndex(isSeal);
    return (end === -1 ? records : records.slice(0, end)).map((record) => ({ path, ...record }));
  });
}

const isSeal = ({ value }) => value.type === 'sealed';
