/** Round values for the ticks of an axis: 1, 2 or 5 times a power of ten apart. */

/** At most `most` + 1 round values within [low, high], ascending; the low end alone where none fits. */
export function roundTicks(low: number, high: number, most: number): number[] {
  if (!(high > low)) return [low];
  // Divided one by one, since the difference of two large numbers may be infinite.
  const rough = high / Math.max(1, most) - low / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5].find((candidate) => candidate * power >= rough) ?? 10;
  const step = factor * power;
  const first = Math.ceil(low / step - ROUNDING);
  const last = Math.floor(high / step + ROUNDING);
  const ticks = Array.from({ length: Math.max(0, last - first) + 1 }, (_, i) => clean((first + i) * step));
  const inside = ticks.filter((tick, i) => tick >= low && tick <= high && tick !== ticks[i - 1]);
  return inside.length === 0 ? [low] : inside.slice(0, most + 1);
}

const ROUNDING = 1e-9;

/** Removes the last digits that multiplication adds: 0.30000000000000004. */
function clean(value: number): number {
  return Number(value.toPrecision(15));
}
