/**
 * Knee of a frontier: the point farthest above the straight line between its two ends, both axes scaled to the
 * frontier's own range. It is where paying more starts to bring less.
 */
import { paretoFrontier } from "./frontier.js";
import { type Axes, asLoss, fieldValue } from "./points.js";

export interface Knee<Point> {
  readonly point: Point;
  /** Distance to the line between the ends, in scaled units: 0 on it, at most 1 / sqrt(2). */
  readonly distance: number;
}

/** The knee of the frontier of `points`, the cheapest on ties; null where no point lies above the line. */
export function kneeOf<Point extends object>(
  points: readonly Point[],
  axes: Axes<Point>,
): Knee<Point> | null {
  const frontier = paretoFrontier(points, axes);
  const places = frontier.map((point) => ({
    point,
    x: asLoss(fieldValue(point, axes.x.key), axes.x.better),
    y: asLoss(fieldValue(point, axes.y.key), axes.y.better),
  }));
  const first = places[0];
  const last = places.at(-1);
  if (first === undefined || last === undefined || first.x === last.x) return null;
  let knee: Knee<Point> | null = null;
  for (const { point, x, y } of places) {
    const across = (x - first.x) / (last.x - first.x);
    const up = (y - first.y) / (last.y - first.y);
    const distance = (up - across) / Math.SQRT2;
    if (distance > (knee?.distance ?? ROUNDING)) knee = { point, distance };
  }
  return knee;
}

/** Points on the line itself are off it by rounding. */
const ROUNDING = 1e-12;
