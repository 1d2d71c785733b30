import type { ElicitAnswer } from './client.ts';

type Content = NonNullable<Extract<ElicitAnswer, { action: 'accept' }>['content']>;

/** What of a field is looked at: a primitive, or a list of choices (revision 2025-11-25, elicitation). */
interface Field {
  type?: unknown;
  title?: unknown;
  description?: unknown;
  enum?: unknown;
  oneOf?: unknown;
  items?: unknown;
  default?: unknown;
  minimum?: unknown;
  maximum?: unknown;
  minLength?: unknown;
  maxLength?: unknown;
}

/** A form in words: each field with what it takes. */
export function describeForm(fields: Record<string, unknown>, required: readonly string[]): string {
  const lines = Object.entries(fields).map(([name, given]) => {
    const field = fieldOf(given);
    const choices = choicesOf(field);
    const takes =
      choices.length > 0 ? choices.map(({ value }) => value).join(' | ') : String(field.type ?? 'text');
    const about = [field.title, field.description].filter((text) => typeof text === 'string').join(', ');
    const usual = field.default === undefined ? '' : `, else ${JSON.stringify(field.default)}`;
    const need = required.includes(name) ? '' : ' (may be left out)';
    return `${name}: ${takes}${about === '' ? '' : ` – ${about}`}${usual}${need}`;
  });
  return lines.join('\n').slice(0, 4_000);
}

/**
 * Reads what a person filled in: JSON, `name=value; name=value`, or, for a form of one field, its value alone. A reason when
 * it does not fit.
 */
export function readForm(
  note: string,
  fields: Record<string, unknown>,
  required: readonly string[],
): { content: Content } | { why: string } {
  const given = partsOf(note.trim(), Object.keys(fields));
  if (typeof given === 'string') return { why: given };
  const content: Content = {};
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(fields, name))
      return {
        why: `there is no field ${JSON.stringify(name)}; there are ${Object.keys(fields).join(', ')}`,
      };
    const read = readValue(value, fieldOf(fields[name]));
    if ('why' in read) return { why: `${name}: ${read.why}` };
    content[name] = read.value;
  }
  for (const [name, field] of Object.entries(fields)) {
    const usual = fieldOf(field).default;
    if (content[name] === undefined && isValue(usual)) content[name] = usual;
  }
  const missing = required.filter((name) => content[name] === undefined);
  return missing.length === 0 ? { content } : { why: `still to be filled in: ${missing.join(', ')}` };
}

function partsOf(note: string, names: readonly string[]): Record<string, unknown> | string {
  if (note === '') return {};
  if (note.startsWith('{')) {
    try {
      return JSON.parse(note) as Record<string, unknown>; // begins like an object
    } catch {
      return 'it begins like JSON and is none';
    }
  }
  const [only] = names;
  const isAlone = names.length === 1 && only !== undefined && !note.startsWith(`${only}=`);
  if (isAlone) return { [only]: note };
  const parts = note.split(/[;\n]/).flatMap((part) => (part.trim() === '' ? [] : [part.trim()]));
  const wrong = parts.find((part) => !/^[^=]+=/.test(part));
  if (wrong !== undefined) return `${JSON.stringify(wrong)} is not of the form name=value`;
  return Object.fromEntries(
    parts.map((part) => [part.split('=', 1)[0]?.trim(), part.replace(/^[^=]+=/, '').trim()]),
  );
}

function readValue(given: unknown, field: Field): { value: Content[string] } | { why: string } {
  const choices = choicesOf(field);
  const allowed = new Map(
    choices.flatMap(({ value, title }) => [[title, value] as const, [value, value] as const]),
  );
  const choose = (text: string): { value: string } | { why: string } => {
    const value = choices.length === 0 ? text : allowed.get(text);
    return value === undefined
      ? { why: `it has to be one of ${choices.map((choice) => choice.value).join(', ')}` }
      : { value };
  };
  if (field.type === 'array') {
    const listed = Array.isArray(given)
      ? given.map(String)
      : String(given)
          .split(',')
          .map((each) => each.trim());
    const read = listed.filter((each) => each !== '').map(choose);
    const wrong = read.find((each) => 'why' in each);
    return wrong ?? { value: read.flatMap((each) => ('value' in each ? [each.value] : [])) };
  }
  if (field.type === 'boolean') {
    const said = String(given).toLowerCase();
    if (['true', 'yes', 'y', '1'].includes(said)) return { value: true };
    return ['false', 'no', 'n', '0'].includes(said) ? { value: false } : { why: 'it has to be yes or no' };
  }
  if (field.type === 'number' || field.type === 'integer') return readNumber(String(given), field);
  const text = String(given);
  if (typeof field.minLength === 'number' && text.length < field.minLength) return { why: 'it is too short' };
  if (typeof field.maxLength === 'number' && text.length > field.maxLength) return { why: 'it is too long' };
  return choose(text);
}

function readNumber(text: string, { type, minimum, maximum }: Field): { value: number } | { why: string } {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) return { why: 'it has to be a number' };
  if (type === 'integer' && !Number.isInteger(value)) return { why: 'it has to be a whole number' };
  if (typeof minimum === 'number' && value < minimum) return { why: `it has to be ${minimum} at least` };
  if (typeof maximum === 'number' && value > maximum) return { why: `it has to be ${maximum} at most` };
  return { value };
}

function choicesOf(field: Field): { value: string; title: string }[] {
  const of = field.type === 'array' ? fieldOf(field.items) : field;
  const titled = of.oneOf ?? (of as { anyOf?: unknown }).anyOf;
  if (Array.isArray(titled))
    return titled.flatMap((each: { const?: unknown; title?: unknown } | null) =>
      typeof each?.const === 'string' ? [{ value: each.const, title: String(each.title ?? each.const) }] : [],
    );
  return Array.isArray(of.enum)
    ? of.enum.map((value) => ({ value: String(value), title: String(value) }))
    : [];
}

const fieldOf = (given: unknown): Field => (typeof given === 'object' && given !== null ? given : {});

const isValue = (value: unknown): value is Content[string] =>
  ['string', 'number', 'boolean'].includes(typeof value) ||
  (Array.isArray(value) && value.every((each) => typeof each === 'string'));
