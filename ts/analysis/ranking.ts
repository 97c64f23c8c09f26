/**
 * How well scores rank stitches: Kendall's tau-b between score and metric inside each cost interval, and the
 * regret of taking the best-scored stitch of an interval. Only inside an interval, since a score that grows with
 * the size of a stitch would look good across them.
 */
import { EstaError } from "../errors.js";
import { asLoss, type Better, fieldValue } from "./points.js";

/**
 * Kendall's tau-b of two equally long lists: 1 for the same order, -1 for the opposite one, corrected for ties; null
 * where either list is constant or shorter than two. O(n log n) (Knight, 1966).
 *
 * @throws EstaError("usage") for lists of different length and values that are not finite.
 */
export function kendallTau(a: readonly number[], b: readonly number[]): number | null {
  checkPair(a, b);
  const order = a.map((_, i) => i).sort((i, j) => at(a, i) - at(a, j) || at(b, i) - at(b, j));
  const byA = order.map((i) => at(a, i));
  const byB = order.map((i) => at(b, i));
  const pairs = (a.length * (a.length - 1)) / 2;
  const tiedA = tiedPairs(byA);
  const tiedBoth = tiedPairs(byA, byB);
  const sorted = [...byB];
  const discordant = countInversions(sorted);
  const tiedB = tiedPairs(sorted);
  if (pairs === tiedA || pairs === tiedB) return null;
  const concordantLessDiscordant = pairs - tiedA - tiedB + tiedBoth - 2 * discordant;
  // Two roots, since the product may pass 2^53; rounding must not leave [-1, 1].
  const tau = concordantLessDiscordant / (Math.sqrt(pairs - tiedA) * Math.sqrt(pairs - tiedB));
  return Math.max(-1, Math.min(1, tau));
}

export interface IntervalRanking {
  readonly interval: number;
  readonly stitches: number;
  readonly tau: number | null;
  /** How much better the best metric is than that of the best-scored stitch; never negative. */
  readonly regret: number;
  /** Regret that a uniform choice has on average. */
  readonly random_regret: number;
}

export interface Ranking {
  readonly intervals: readonly IntervalRanking[];
  /** Means over the intervals with at least two stitches (for tau: where it exists); null where there is none. */
  readonly tau: number | null;
  readonly regret: number | null;
  readonly random_regret: number | null;
}

export interface RankingFields<Point> {
  readonly score: keyof Point & string;
  readonly metric: keyof Point & string;
  readonly better: Better;
  /** Index of the cost interval; `interval` unless given. */
  readonly interval?: keyof Point & string;
}

/** Ranks `points`, interval by interval; among equal scores the choice is the worst, so that no luck is counted. */
export function rankScores<Point extends object>(
  points: readonly Point[],
  fields: RankingFields<Point>,
): Ranking {
  const key = fields.interval ?? ("interval" as keyof Point & string);
  const groups = new Map<number, Point[]>();
  for (const point of points) {
    const interval = fieldValue(point, key);
    const group = groups.get(interval);
    if (group === undefined) groups.set(interval, [point]);
    else group.push(point);
  }
  const intervals = [...groups]
    .sort(([a], [b]) => a - b)
    .map(([interval, group]) => rankInterval(interval, group, fields));
  const choices = intervals.filter(({ stitches }) => stitches > 1);
  return {
    intervals,
    tau: mean(choices.map(({ tau }) => tau).filter((tau) => tau !== null)),
    regret: mean(choices.map(({ regret }) => regret)),
    random_regret: mean(choices.map(({ random_regret }) => random_regret)),
  };
}

function rankInterval<Point extends object>(
  interval: number,
  points: readonly Point[],
  { score, metric, better }: RankingFields<Point>,
): IntervalRanking {
  const scores = points.map((point) => fieldValue(point, score));
  const losses = points.map((point) => asLoss(fieldValue(point, metric), better));
  const top = scores.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const best = losses.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const chosen = losses
    .filter((_, i) => scores[i] === top)
    .reduce((worst, value) => Math.max(worst, value), Number.NEGATIVE_INFINITY);
  return {
    interval,
    stitches: points.length,
    tau: kendallTau(
      scores,
      losses.map((loss) => -loss),
    ),
    regret: chosen - best,
    random_regret: (mean(losses) as number) - best,
  };
}

function checkPair(a: readonly number[], b: readonly number[]): void {
  if (a.length !== b.length) {
    throw new EstaError("usage", `the lists to rank must be equally long, got ${a.length} and ${b.length}`);
  }
  const odd = [...a, ...b].find((value) => !Number.isFinite(value));
  if (odd !== undefined) throw new EstaError("usage", `only finite numbers can be ranked, got ${odd}`);
}

/** Pairs of neighbours' runs that are equal in every one of the sorted lists. */
function tiedPairs(...lists: readonly (readonly number[])[]): number {
  const [first = []] = lists;
  let pairs = 0;
  let run = 1;
  for (let i = 1; i <= first.length; i += 1) {
    if (i < first.length && lists.every((list) => list[i] === list[i - 1])) {
      run += 1;
      continue;
    }
    pairs += (run * (run - 1)) / 2;
    run = 1;
  }
  return pairs;
}

/** Sorts `values` in place by merging, and counts the pairs that stood in descending order. */
function countInversions(values: number[]): number {
  let from = values;
  let to = new Array<number>(values.length);
  let inversions = 0;
  for (let width = 1; width < values.length; width *= 2) {
    for (let start = 0; start < values.length; start += 2 * width) {
      const middle = Math.min(start + width, values.length);
      const end = Math.min(start + 2 * width, values.length);
      let i = start;
      let j = middle;
      for (let k = start; k < end; k += 1) {
        if (i < middle && (j >= end || at(from, i) <= at(from, j))) {
          to[k] = at(from, i);
          i += 1;
        } else {
          to[k] = at(from, j);
          j += 1;
          inversions += middle - i;
        }
      }
    }
    [from, to] = [to, from];
  }
  for (const [i, value] of from.entries()) values[i] = value;
  return inversions;
}

function at(list: readonly number[], i: number): number {
  return list[i] as number;
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}
