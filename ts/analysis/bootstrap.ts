/** Paired differences with bootstrap intervals (Efron, 1979; percentiles), the same on every machine. */
import { EstaError } from "../errors.js";
import { makeRandom } from "./random.js";

export interface PairedDifference {
  readonly pairs: number;
  readonly mean_a: number;
  readonly mean_b: number;
  /** Mean of b - a over the pairs. */
  readonly difference: number;
  /** Ends of the interval; null for fewer than two pairs, which say nothing of the spread. */
  readonly low: number | null;
  readonly high: number | null;
  /** Pairs in which b is larger. */
  readonly larger: number;
}

export interface BootstrapOptions {
  /** Resamples of the pairs; 10,000 unless given. */
  readonly resamples?: number;
  /** Coverage of the interval; 0.95 unless given. */
  readonly level?: number;
  readonly seed?: number;
}

/**
 * Mean difference b - a of paired values, with an interval from resampling the pairs. With few pairs (under about
 * five) the interval is too narrow: it never reaches beyond the differences that were seen.
 *
 * @throws EstaError("usage") for lists that are empty, of different length or not finite, and for a level outside (0, 1).
 */
export function pairedDifference(
  a: readonly number[],
  b: readonly number[],
  { resamples = 10_000, level = 0.95, seed = 0 }: BootstrapOptions = {},
): PairedDifference {
  checkInput(a, b, resamples, level);
  const differences = a.map((value, i) => (b[i] as number) - value);
  const summary = {
    pairs: a.length,
    mean_a: mean(a),
    mean_b: mean(b),
    difference: mean(differences),
    larger: differences.filter((value) => value > 0).length,
  };
  if (a.length < 2) return { ...summary, low: null, high: null };
  const random = makeRandom(seed);
  const means = new Float64Array(resamples);
  for (let i = 0; i < resamples; i += 1) {
    let sum = 0;
    for (let k = 0; k < differences.length; k += 1) {
      sum += differences[Math.floor(random() * differences.length)] as number;
    }
    means[i] = sum / differences.length;
  }
  means.sort();
  return { ...summary, low: quantile(means, (1 - level) / 2), high: quantile(means, (1 + level) / 2) };
}

/** Quantile of sorted values, linear between neighbours. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] as number;
  const above = sorted[Math.ceil(place)] as number;
  return below + (above - below) * (place - Math.floor(place));
}

function checkInput(a: readonly number[], b: readonly number[], resamples: number, level: number): void {
  if (a.length !== b.length || a.length === 0) {
    throw new EstaError(
      "usage",
      `pairs need two equally long lists with values, got ${a.length} and ${b.length}`,
    );
  }
  const odd = [...a, ...b].find((value) => !Number.isFinite(value));
  if (odd !== undefined) throw new EstaError("usage", `only finite numbers can be compared, got ${odd}`);
  if (!(level > 0 && level < 1)) throw new EstaError("usage", `the level lies between 0 and 1, got ${level}`);
  if (!Number.isInteger(resamples) || resamples < 1) {
    throw new EstaError("usage", `resamples must be a positive integer, got ${resamples}`);
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
