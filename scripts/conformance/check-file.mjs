import { readFileSync } from 'node:fs';
import { FORMAT } from '../../src/protocol/format.ts';

const RECORD_MAX_BYTES = 1024 * 1024;

/**
 * Reads the records of a journal. Gives those that have their shape, each with its line, and what is wrong with the others:
 * the line as an editor counts it, where it begins in bytes, and why it does not count.
 */
export function checkJournal(file, shape) {
  const records = [];
  const problems = [];
  let offset = 0;
  // One character a byte, so that places are bytes whatever the text is.
  const lines = readFileSync(file, 'latin1').split('\n');
  lines.forEach((text, i) => {
    const at = offset;
    offset += text.length + 1;
    if (text === '') return;
    const bytes = Buffer.from(text, 'latin1');
    const { value, why } =
      bytes.length > RECORD_MAX_BYTES
        ? { why: `${bytes.length} bytes long` }
        : check(bytes.toString('utf8'), shape);
    if (why === undefined) records.push({ line: i + 1, value });
    else problems.push({ line: i + 1, what: `${why} (byte ${at})` });
  });
  return { records, problems };
}

/** Reads a file that is one object; gives it, or why it is none. */
export function checkWhole(file, shape) {
  return check(readFileSync(file, 'utf8'), shape);
}

function check(text, shape) {
  let value;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { why: `not JSON: ${error.message}` };
  }
  if (shape === undefined) return { value };
  const parsed = FORMAT[shape].safeParse(value);
  if (parsed.success) return { value };
  const [issue] = parsed.error.issues;
  return { why: `${issue.path.join('.') || 'the record'}: ${issue.message}` };
}
