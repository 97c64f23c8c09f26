/** The best stitch under several constraints at once, or why there is none and what comes nearest. */
import { EstaError } from "../errors.js";
import { fieldOf, formatField } from "./fields.js";
import { type Axis, asLoss, fieldValue } from "./points.js";

/** Bounds of one field, both inclusive. */
export interface Bounds {
  readonly max?: number;
  readonly min?: number;
}

/** Bounds by field, for example `{ macs: { max: 1e9 }, accuracy: { min: 0.8 } }`. */
export type Constraints<Point> = Readonly<Partial<Record<keyof Point & string, Bounds>>>;

/** A bound that a point breaks. */
export interface Violation {
  readonly key: string;
  readonly bound: "max" | "min";
  readonly limit: number;
  readonly value: number;
  /** How far beyond the limit, in units of the field; always positive. */
  readonly excess: number;
}

/** One bound by itself: whether any point meets it, and the point that comes closest to meeting it or best does. */
export interface Reach<Point> {
  readonly key: string;
  readonly bound: "max" | "min";
  readonly limit: number;
  readonly feasible: number;
  readonly best: Point;
  readonly best_value: number;
}

export type Selection<Point> =
  | { readonly found: true; readonly stitch: Point; readonly feasible: number }
  | {
      readonly found: false;
      /** Point with the smallest worst violation, relative to the limits; null where there are no points. */
      readonly nearest: Point | null;
      readonly violations: readonly Violation[];
      readonly reach: readonly Reach<Point>[];
      /** The same in one sentence. */
      readonly explanation: string;
    };

/**
 * The point that is best on `metric` among those within all `constraints`; on ties the one cheapest on `cost`, then
 * the first.
 *
 * @throws EstaError("usage") for bounds that are not finite or contradict each other, and for missing values.
 */
export function selectStitch<Point extends object>(
  points: readonly Point[],
  constraints: Constraints<Point>,
  metric: Axis<Point>,
  cost: keyof Point & string = "macs" as keyof Point & string,
): Selection<Point> {
  const bounds = boundList(constraints);
  let best: Point | undefined;
  let feasible = 0;
  for (const point of points) {
    fieldValue(point, metric.key);
    if (violationsOf(point, bounds).length > 0) continue;
    feasible += 1;
    if (best === undefined || isPreferred(point, best, metric, cost)) best = point;
  }
  if (best !== undefined) return { found: true, stitch: best, feasible };
  return explainFailure(points, bounds, cost);
}

/** Whether `point` is within all `constraints`. */
export function isFeasible<Point extends object>(point: Point, constraints: Constraints<Point>): boolean {
  return violationsOf(point, boundList(constraints)).length === 0;
}

interface Bound<Point> {
  readonly key: keyof Point & string;
  readonly bound: "max" | "min";
  readonly limit: number;
}

function boundList<Point extends object>(constraints: Constraints<Point>): Bound<Point>[] {
  const bounds: Bound<Point>[] = [];
  for (const key of Object.keys(constraints) as (keyof Point & string)[]) {
    const { max, min } = (constraints[key] ?? {}) as Bounds;
    if (max !== undefined) bounds.push({ key, bound: "max", limit: checkLimit(key, "max", max) });
    if (min !== undefined) bounds.push({ key, bound: "min", limit: checkLimit(key, "min", min) });
    if (max !== undefined && min !== undefined && min > max) {
      throw new EstaError("usage", `${key} cannot be at least ${min} and at most ${max}`, {
        hint: "Swap the two bounds or leave one out.",
      });
    }
  }
  return bounds;
}

function checkLimit(key: string, bound: string, limit: number): number {
  if (Number.isFinite(limit)) return limit;
  throw new EstaError("usage", `the ${bound} of ${key} must be a finite number, got ${limit}`);
}

function violationsOf<Point extends object>(point: Point, bounds: readonly Bound<Point>[]): Violation[] {
  const violations: Violation[] = [];
  for (const { key, bound, limit } of bounds) {
    const value = fieldValue(point, key);
    const excess = bound === "max" ? value - limit : limit - value;
    if (excess > 0) violations.push({ key, bound, limit, value, excess });
  }
  return violations;
}

function isPreferred<Point extends object>(
  point: Point,
  best: Point,
  metric: Axis<Point>,
  cost: keyof Point & string,
): boolean {
  const gain = asLoss(fieldValue(best, metric.key) - fieldValue(point, metric.key), metric.better);
  return gain > 0 || (gain === 0 && fieldValue(point, cost) < fieldValue(best, cost));
}

function explainFailure<Point extends object>(
  points: readonly Point[],
  bounds: readonly Bound<Point>[],
  cost: keyof Point & string,
): Selection<Point> {
  const [head, ...rest] = points;
  if (head === undefined) {
    const explanation = "there are no stitches to choose from";
    return { found: false, nearest: null, violations: [], reach: [], explanation };
  }
  let nearest = head;
  let distance = relativeDistance(head, bounds);
  for (const point of rest) {
    const other = relativeDistance(point, bounds);
    if (other > distance || (other === distance && fieldValue(point, cost) >= fieldValue(nearest, cost)))
      continue;
    nearest = point;
    distance = other;
  }
  const reach = bounds.map((bound) => reachOf(points, bound));
  const violations = violationsOf(nearest, bounds);
  return {
    found: false,
    nearest,
    violations,
    reach,
    explanation: explain(nearest, violations, reach, bounds),
  };
}

/** Worst violation relative to its limit, so that bounds in different units can be weighed. */
function relativeDistance<Point extends object>(point: Point, bounds: readonly Bound<Point>[]): number {
  const shares = violationsOf(point, bounds).map(({ excess, limit }) => excess / (Math.abs(limit) || 1));
  return Math.max(0, ...shares);
}

function reachOf<Point extends object>(points: readonly Point[], constraint: Bound<Point>): Reach<Point> {
  const { key, bound, limit } = constraint;
  const better = bound === "max" ? "less" : "more";
  let best = points[0] as Point;
  let feasible = 0;
  for (const point of points) {
    if (violationsOf(point, [constraint]).length === 0) feasible += 1;
    if (asLoss(fieldValue(point, key), better) < asLoss(fieldValue(best, key), better)) best = point;
  }
  return { key, bound, limit, feasible, best, best_value: fieldValue(best, key) };
}

function explain<Point extends object>(
  nearest: Point,
  violations: readonly Violation[],
  reach: readonly Reach<Point>[],
  bounds: readonly Bound<Point>[],
): string {
  const unmet = reach.filter(({ feasible }) => feasible === 0);
  if (unmet.length > 0) {
    return unmet.map((entry) => `no stitch has ${boundText(entry)}: ${bestText(entry)}`).join("; ");
  }
  const asked = bounds.map(boundText).join(" and ");
  const misses = violations
    .map(({ key, value, excess }) => {
      return `${formatField(key, value)} ${fieldOf(key).label}, ${formatField(key, excess)} beyond the bound`;
    })
    .join(", ");
  return `no stitch has ${asked} at once; the nearest is ${labelOf(nearest)} with ${misses}`;
}

function boundText({ key, bound, limit }: { key: string; bound: string; limit: number }): string {
  return `${fieldOf(key).label} ${bound === "max" ? "<=" : ">="} ${formatField(key, limit)}`;
}

function bestText<Point extends object>({ key, bound, limit, best, best_value }: Reach<Point>): string {
  const excess = Math.abs(best_value - limit);
  const ratio = excess / Math.abs(limit);
  // Beyond that a percentage says nothing any more.
  const share = ratio < 10 ? ` (${(100 * ratio).toPrecision(3)} %)` : "";
  const what = bound === "max" ? "least" : "most";
  const values = `${formatField(key, best_value)}, ${formatField(key, excess)}${share} beyond the bound`;
  return `the ${what} is ${labelOf(best)} with ${values}`;
}

function labelOf(point: object): string {
  const { id, name } = point as { id?: unknown; name?: unknown };
  return name === undefined ? `stitch ${String(id)}` : `${String(name)} (id ${String(id)})`;
}
