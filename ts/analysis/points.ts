/**
 * The rows that every analysis takes: plain objects whose numeric fields are chosen by name, so that stitches of
 * a plan, of a palette, or of an earlier run all serve, whatever was measured of them.
 */
import { EstaError } from "../errors.js";

/** One stitch with what is known of it. Further numeric fields (accuracy, latency_ms, ...) are axes as well. */
export interface Measured {
  readonly id: number;
  readonly name: string;
  readonly macs: number;
  readonly params: number;
  readonly [field: string]: unknown;
}

/** Which way a field improves. */
export type Better = "less" | "more";

export interface Axis<Point> {
  readonly key: keyof Point & string;
  readonly better: Better;
}

/** The two axes of a frontier: usually a cost (less is better) and a metric (more is better). */
export interface Axes<Point> {
  readonly x: Axis<Point>;
  readonly y: Axis<Point>;
}

/**
 * Value of `point` on `key`.
 *
 * @throws EstaError("usage") where it is missing, no number, or not finite.
 */
export function fieldValue<Point extends object>(point: Point, key: keyof Point & string): number {
  const value: unknown = point[key];
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new EstaError("usage", `${describePoint(point)} has no finite ${key}: got ${String(value)}`, {
    hint: "Leave out what was not measured, for example with measuredOn(points, keys).",
  });
}

/** Those of `points` that have a finite number under each of `keys`. */
export function measuredOn<Point extends object>(
  points: readonly Point[],
  keys: readonly (keyof Point & string)[],
): Point[] {
  return points.filter((point) => keys.every((key) => Number.isFinite(point[key])));
}

/** Negative where `a` is better than `b` on `axis`, positive where it is worse. */
export function compareOn<Point extends object>(axis: Axis<Point>, a: Point, b: Point): number {
  const difference = fieldValue(a, axis.key) - fieldValue(b, axis.key);
  return axis.better === "less" ? difference : -difference;
}

/** `value` turned so that less is always better. */
export function asLoss(value: number, better: Better): number {
  return better === "less" ? value : -value;
}

function describePoint(point: object): string {
  const { id, name } = point as { id?: unknown; name?: unknown };
  if (name !== undefined) return `stitch ${String(id ?? "")} (${String(name)})`.replace("  ", " ");
  return id === undefined ? "a point" : `stitch ${String(id)}`;
}
