/** Formats of dates and times that have a number only (ECMA-376, 18.8.30). */
const BUILT_IN: Record<number, string> = {
  ...{ 1: '0', 2: '0.00', 3: '#,##0', 4: '#,##0.00', 9: '0%', 10: '0.00%', 11: '0.00E+00' },
  ...{ 14: 'yyyy-mm-dd', 15: 'yyyy-mm-dd', 16: 'yyyy-mm-dd', 17: 'yyyy-mm-dd' },
  ...{ 18: 'h:mm', 19: 'h:mm:ss', 20: 'h:mm', 21: 'h:mm:ss', 22: 'yyyy-mm-dd h:mm' },
  ...{
    37: '#,##0',
    38: '#,##0',
    39: '#,##0.00',
    40: '#,##0.00',
    45: 'h:mm:ss',
    46: 'h:mm:ss',
    47: 'h:mm:ss',
  },
};

export const formatOf = (id: number, own: ReadonlyMap<number, string>): string =>
  own.get(id) ?? BUILT_IN[id] ?? 'General';

/** Day 0 of workbooks in milliseconds since 1970: of those that count from 1900, with the leap day that year did not have; and from 1904. */
const DAY_ZERO = { 1900: Date.UTC(1899, 11, 30), 1904: Date.UTC(1904, 0, 1) };

/** A number as its cell shows it, near enough: dates as ISO 8601, percentages, decimals and thousands. */
export function showNumber(raw: string, format: string, epoch: 1900 | 1904 = 1900): string {
  const value = Number(raw);
  if (raw.trim() === '' || !Number.isFinite(value)) return raw;
  // What is in quotes or brackets, or behind a backslash, is no letter of the format; the part behind ; is for negative numbers.
  const plain = (format.replaceAll(/"[^"]*"|\[[^\]]*\]|\\./g, '').split(';')[0] ?? '').toLowerCase();
  if (plain === 'general' || plain === '@' || plain === '') return String(Number(value.toPrecision(12)));
  if (/[ymdhs]/.test(plain)) return showDate(value, plain, epoch);
  if (plain.includes('e+')) return value.toExponential(2);
  const decimals = Math.min(10, /\.([0#?]*)/.exec(plain)?.[1]?.length ?? 0);
  const scaled = plain.includes('%') ? value * 100 : value;
  const digits = new Intl.NumberFormat('en', {
    ...{ minimumFractionDigits: decimals, maximumFractionDigits: decimals },
    useGrouping: plain.includes(','),
  }).format(scaled);
  return plain.includes('%') ? `${digits}%` : digits;
}

function showDate(value: number, format: string, epoch: 1900 | 1904): string {
  const hasDay = /[yd]/.test(format) || (format.includes('m') && !/[hs]/.test(format));
  const hasTime = /[hs]/.test(format);
  const time = new Date(DAY_ZERO[epoch] + Math.round(value * 86_400_000));
  if (Number.isNaN(time.getTime()) || time.getUTCFullYear() > 9999) return String(value);
  const [day = '', clock = ''] = time.toISOString().split('T');
  const shown = clock.slice(0, format.includes('s') ? 8 : 5);
  return [...(hasDay ? [day] : []), ...(hasTime ? [shown] : [])].join(' ');
}
