/** The bounds of a hypervolume that runs on one task are compared with, where the user names none. */
import { fieldOf } from "./fields.js";
import { makeReference, type Place } from "./hypervolume.js";
import { type Axes, asLoss, fieldValue } from "./points.js";

export interface Bounds {
  readonly reference: Place;
  /** Null where the metric has no best value, so that nothing can be scaled. */
  readonly ideal: Place | null;
}

/**
 * One reference for all runs that are compared: 5 % beyond the dearest stitch, and the metric of guessing where it is
 * known (accuracy among k classes or choices: 1 / k), else a little beyond the worst. Areas are scaled to no cost and the metric's
 * best value: 100 % of a share, a perplexity of 1.
 */
export function makeBounds<Point extends object>(
  points: readonly Point[],
  axes: Axes<Point>,
  guess: number | null,
): Bounds {
  const outer = makeReference(points, axes);
  const { format, ideal: best, better } = fieldOf(axes.y.key);
  const isShare = format === "share";
  const dearest = points.reduce((most, point) => Math.max(most, fieldValue(point, axes.x.key)), 0);
  const x = axes.x.better === "less" ? 1.05 * dearest : outer.x;
  const reference = { x, y: guess ?? (isShare ? Math.max(0, outer.y) : outer.y) };
  if (best === undefined || axes.x.better !== "less" || axes.y.better !== better) {
    return { reference, ideal: null };
  }
  const isBounded = points.every(
    (point) => fieldValue(point, axes.x.key) >= 0 && beyond(fieldValue(point, axes.y.key)) >= 0,
  );
  const canScale = isBounded && reference.x > 0 && beyond(reference.y) > 0;
  return { reference, ideal: canScale ? { x: 0, y: best } : null };

  /** How much worse than the best a metric is. */
  function beyond(value: number): number {
    return asLoss(value, axes.y.better) - asLoss(best as number, axes.y.better);
  }
}
