/**
 * Comparison of two methods or settings, each with one or more runs. Runs with the same seed are paired, since the
 * seed moves both sides together; one reference point and one set of budgets serve all.
 */
import { EstaError } from "../errors.js";
import { type BootstrapOptions, type PairedDifference, pairedDifference } from "./bootstrap.js";
import { paretoFrontier } from "./frontier.js";
import { hypervolume, makeReference, type Place } from "./hypervolume.js";
import { type Axes, fieldValue } from "./points.js";
import { roundTicks } from "./ticks.js";

export interface SeededRun<Point> {
  readonly seed: number;
  readonly points: readonly Point[];
}

export interface ComparisonOptions<Point> extends BootstrapOptions {
  readonly axes: Axes<Point>;
  /** For the hypervolume; from all points of both sides unless given. */
  readonly reference?: Place;
  /** Scales the hypervolume to a share of the rectangle between reference and ideal. */
  readonly ideal?: Place | null;
  /** Costs at which the best affordable metric is compared; four round ones within the range unless given. */
  readonly budgets?: readonly number[];
}

export interface Measure extends PairedDifference {
  readonly name: string;
  /** Budget that this measure is of; null for measures of whole frontiers. */
  readonly budget: number | null;
}

export interface PairedComparison {
  readonly x: string;
  readonly y: string;
  readonly reference: Place;
  readonly ideal: Place | null;
  readonly level: number;
  /** Seeds that both sides have. */
  readonly seeds: readonly number[];
  /** Runs left out because the other side has no run with their seed. */
  readonly unpaired: number;
  /** Hypervolume first, then the best metric, then the best metric within each budget that every run can meet. */
  readonly measures: readonly Measure[];
}

/**
 * Compares `b` with `a`; differences are b - a, in the metric's own units. A single run a side that has no partner
 * of its seed is compared as one pair: then the intervals are null.
 *
 * @throws EstaError("usage") for a side without runs, a seed that stands twice on a side, runs without points, and
 * sides without a common seed.
 */
export function comparePaired<Point extends object>(
  a: readonly SeededRun<Point>[],
  b: readonly SeededRun<Point>[],
  options: ComparisonOptions<Point>,
): PairedComparison {
  const { axes, level = 0.95, ideal = null } = options;
  const pairs = pairRuns(a, b);
  const all = pairs.flatMap(({ left, right }) => [...left, ...right]);
  const reference = options.reference ?? makeReference(all, axes);
  const budgets = options.budgets ?? roundBudgets(all, axes);
  const measure = (name: string, budget: number | null, of: (points: readonly Point[]) => number | null) => {
    const left = pairs.map((pair) => of(pair.left));
    const right = pairs.map((pair) => of(pair.right));
    if ([...left, ...right].includes(null)) return [];
    return [{ name, budget, ...pairedDifference(left as number[], right as number[], options) }];
  };
  return {
    x: axes.x.key,
    y: axes.y.key,
    reference,
    ideal,
    level,
    seeds: pairs.map(({ seed }) => seed),
    unpaired: a.length + b.length - 2 * pairs.length,
    measures: [
      ...measure("hypervolume", null, (points) => {
        const area = hypervolume(points, reference, axes, ideal);
        return area.scaled ?? area.value;
      }),
      ...measure("best", null, (points) => bestWithin(points, axes, null)),
      ...budgets.flatMap((budget) =>
        measure("best_within", budget, (points) => bestWithin(points, axes, budget)),
      ),
    ],
  };
}

interface Pair<Point> {
  readonly seed: number;
  readonly left: readonly Point[];
  readonly right: readonly Point[];
}

function pairRuns<Point>(a: readonly SeededRun<Point>[], b: readonly SeededRun<Point>[]): Pair<Point>[] {
  for (const [side, runs] of [["first", a] as const, ["second", b] as const]) checkSide(side, runs);
  const [first] = a;
  const [second] = b;
  if (a.length === 1 && b.length === 1 && first !== undefined && second !== undefined) {
    return [{ seed: first.seed, left: first.points, right: second.points }];
  }
  const partners = new Map(b.map((run) => [run.seed, run.points]));
  const pairs = a.flatMap(({ seed, points }) => {
    const right = partners.get(seed);
    return right === undefined ? [] : [{ seed, left: points, right }];
  });
  if (pairs.length > 0) return pairs.sort((one, other) => one.seed - other.seed);
  const seeds = [a, b].map((runs) => runs.map(({ seed }) => seed).join(", "));
  throw new EstaError("usage", `no seed is on both sides: got ${seeds[0]} and ${seeds[1]}`, {
    hint: "Run both sides with the same seeds, or compare one run of each.",
  });
}

function checkSide<Point>(side: string, runs: readonly SeededRun<Point>[]): void {
  if (runs.length === 0) throw new EstaError("usage", `the ${side} side of the comparison has no runs`);
  const seen = new Set<number>();
  for (const { seed, points } of runs) {
    if (seen.has(seed)) {
      throw new EstaError("usage", `the ${side} side has two runs with seed ${seed}`, {
        hint: "Runs are paired by seed; leave one of the two out.",
      });
    }
    seen.add(seed);
    if (points.length > 0) continue;
    throw new EstaError("usage", `the run with seed ${seed} on the ${side} side has no evaluated stitches`, {
      hint: "Evaluate it on the split that is compared.",
    });
  }
}

/** Best metric within a budget, the step function of the frontier; null where nothing is that cheap. */
function bestWithin<Point extends object>(
  points: readonly Point[],
  axes: Axes<Point>,
  budget: number | null,
): number | null {
  const affordable = points.filter((point) => {
    const cost = fieldValue(point, axes.x.key);
    return budget === null || (axes.x.better === "less" ? cost <= budget : cost >= budget);
  });
  const best = paretoFrontier(affordable, axes).at(-1);
  return best === undefined ? null : fieldValue(best, axes.y.key);
}

function roundBudgets<Point extends object>(points: readonly Point[], axes: Axes<Point>): number[] {
  const costs = points.map((point) => fieldValue(point, axes.x.key));
  const low = costs.reduce((least, cost) => Math.min(least, cost));
  const high = costs.reduce((most, cost) => Math.max(most, cost));
  return roundTicks(low, high, 5);
}
