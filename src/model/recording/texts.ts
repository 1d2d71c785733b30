/** The same value with every text in it changed. */
export function mapTexts<Value>(value: Value, change: (text: string) => string): Value {
  // Each branch gives back what it was given: a text for a text, a list for a list, an object for an object.
  if (typeof value === 'string') return change(value) as Value;
  if (Array.isArray(value)) return value.map((each) => mapTexts(each, change)) as Value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, mapTexts(each, change)]),
  ) as Value;
}
