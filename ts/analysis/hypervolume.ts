/**
 * Hypervolume (Zitzler and Thiele, 1999) on two axes: the area that a set of points dominates, bounded by a
 * reference point. It means nothing without the reference, so every result carries it.
 */
import { EstaError } from "../errors.js";
import { paretoFrontier } from "./frontier.js";
import { type Axes, type Axis, asLoss, fieldValue } from "./points.js";

/** A place on the two axes, in their own units. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

export interface Hypervolume {
  /** Area in units of x times y. */
  readonly value: number;
  /** Share of the rectangle between reference and ideal, from 0 to 1; null where no ideal was given. */
  readonly scaled: number | null;
  readonly reference: Place;
  readonly ideal: Place | null;
  /** Points that contribute: frontier points strictly better than the reference on both axes. */
  readonly contributing: number;
}

/**
 * Area dominated by `points` up to `reference`; points that are not better than it on both axes count nothing.
 * With `ideal` (say no cost and an accuracy of 1) also as a share of the rectangle between the two.
 *
 * @throws EstaError("usage") for values that are not finite, an ideal that is not better than the reference,
 * and points beyond the ideal.
 */
export function hypervolume<Point extends object>(
  points: readonly Point[],
  reference: Place,
  axes: Axes<Point>,
  ideal: Place | null = null,
): Hypervolume {
  checkPlace(reference, "reference");
  if (ideal !== null) checkIdeal(ideal, reference, axes);
  const limit = { x: asLoss(reference.x, axes.x.better), y: asLoss(reference.y, axes.y.better) };
  let value = 0;
  let contributing = 0;
  let floor = limit.y;
  for (const point of paretoFrontier(points, axes)) {
    if (ideal !== null) checkBounded(point, ideal, axes);
    const x = asLoss(fieldValue(point, axes.x.key), axes.x.better);
    const y = asLoss(fieldValue(point, axes.y.key), axes.y.better);
    if (x >= limit.x || y >= floor) continue;
    value += (limit.x - x) * (floor - y);
    contributing += 1;
    floor = y;
  }
  const whole = ideal === null ? null : Math.abs((reference.x - ideal.x) * (reference.y - ideal.y));
  return { value, scaled: whole === null ? null : value / whole, reference, ideal, contributing };
}

/**
 * A reference for points that have no natural one: the worst value on each axis, moved outwards by `margin` of
 * the range there (of the value itself where the range is zero), so that the worst points still count.
 */
export function makeReference<Point extends object>(
  points: readonly Point[],
  axes: Axes<Point>,
  margin = 0.05,
): Place {
  if (points.length === 0) {
    throw new EstaError("usage", "a reference point cannot be made from no points", {
      hint: "Give the reference yourself, for example the dearest anchor's cost and the metric of chance.",
    });
  }
  return { x: worst(points, axes.x, margin), y: worst(points, axes.y, margin) };
}

function worst<Point extends object>(points: readonly Point[], axis: Axis<Point>, margin: number): number {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const point of points) {
    const value = fieldValue(point, axis.key);
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const step = margin * (high - low || Math.abs(high) || 1);
  return axis.better === "less" ? high + step : low - step;
}

function checkPlace(place: Place, what: string): void {
  if (Number.isFinite(place.x) && Number.isFinite(place.y)) return;
  throw new EstaError("usage", `the ${what} point must be finite on both axes, got (${place.x}, ${place.y})`);
}

function checkIdeal<Point>(ideal: Place, reference: Place, axes: Axes<Point>): void {
  checkPlace(ideal, "ideal");
  for (const side of ["x", "y"] as const) {
    const { key, better } = axes[side];
    if (asLoss(ideal[side], better) < asLoss(reference[side], better)) continue;
    const got = `ideal ${ideal[side]}, reference ${reference[side]}`;
    throw new EstaError("usage", `the ideal must be better than the reference on ${key}: got ${got}`);
  }
}

function checkBounded<Point extends object>(point: Point, ideal: Place, axes: Axes<Point>): void {
  for (const side of ["x", "y"] as const) {
    const { key, better } = axes[side];
    const value = fieldValue(point, key);
    if (asLoss(value, better) >= asLoss(ideal[side], better)) continue;
    throw new EstaError("usage", `a point has ${key} ${value}, better than the ideal ${ideal[side]}`, {
      hint: "Give an ideal that no point can pass, such as no cost and a perfect metric.",
    });
  }
}
