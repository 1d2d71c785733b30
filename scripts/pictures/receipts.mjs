/** The receipts of the pictures: number, day (one has none), total. */
export const RECEIPTS = Array.from({ length: 24 }, (_, index) => {
  const number = index + 1;
  const day = `2026-0${1 + (number % 3)}-${String(1 + ((number * 7) % 27)).padStart(2, '0')}`;
  return { number, day: number === 13 ? null : day, total: Number((20 + ((number * 13.7) % 61)).toFixed(2)) };
});

/** How many receipts a month has and what they come to, the one without a day counted as March. */
export function months() {
  const found = new Map();
  for (const { day, total } of RECEIPTS) {
    const month = (day ?? '2026-03').slice(0, 7);
    const { count, sum } = found.get(month) ?? { count: 0, sum: 0 };
    found.set(month, { count: count + 1, sum: sum + total });
  }
  return [...found].sort().map(([month, { count, sum }]) => ({ month, count, sum: sum.toFixed(2) }));
}
