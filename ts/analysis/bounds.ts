/** The bounds of a hypervolume that runs on one task are compared with, where the user names none. */
import { fieldOf } from "./fields.js";
import { makeReference, type Place } from "./hypervolume.js";
import { type Axes, fieldValue } from "./points.js";

export interface Bounds {
  readonly reference: Place;
  /** Null where the metric has no natural best, so that nothing can be scaled. */
  readonly ideal: Place | null;
}

/**
 * One reference for all runs that are compared: 5 % beyond the dearest stitch, and the metric of guessing where it is
 * known (accuracy with k classes: 1 / k), else a little below the worst. Shares are scaled to no cost and 100 %.
 */
export function makeBounds<Point extends object>(
  points: readonly Point[],
  axes: Axes<Point>,
  classes: number | null,
): Bounds {
  const outer = makeReference(points, axes);
  const isShare = fieldOf(axes.y.key).format === "share";
  const dearest = points.reduce((most, point) => Math.max(most, fieldValue(point, axes.x.key)), 0);
  const x = axes.x.better === "less" ? 1.05 * dearest : outer.x;
  const isGuess = axes.y.key === "accuracy" && classes !== null && classes > 1;
  const reference = { x, y: isGuess ? 1 / classes : isShare ? Math.max(0, outer.y) : outer.y };
  const isBounded = points.every(
    (point) => fieldValue(point, axes.x.key) >= 0 && fieldValue(point, axes.y.key) <= 1,
  );
  const canScale = isShare && axes.x.better === "less" && isBounded && reference.x > 0 && reference.y < 1;
  return { reference, ideal: canScale ? { x: 0, y: 1 } : null };
}
