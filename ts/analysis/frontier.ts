/**
 * Pareto frontier on two axes. A point dominates another when it is at least as good on both axes and better on
 * one; so points that are equal on both do not dominate each other, and all of them are kept.
 */
import { type Axes, asLoss, fieldValue } from "./points.js";

/**
 * The non-dominated points, best x first; equal points keep their order. O(n log n).
 *
 * @throws EstaError("usage") where a value is missing or not finite.
 */
export function paretoFrontier<Point extends object>(points: readonly Point[], axes: Axes<Point>): Point[] {
  const placed = points.map((point) => ({
    point,
    x: asLoss(fieldValue(point, axes.x.key), axes.x.better),
    y: asLoss(fieldValue(point, axes.y.key), axes.y.better),
  }));
  placed.sort((a, b) => a.x - b.x || a.y - b.y);
  const frontier: typeof placed = [];
  for (const candidate of placed) {
    const last = frontier.at(-1);
    const isEqual = last !== undefined && candidate.x === last.x && candidate.y === last.y;
    if (last === undefined || candidate.y < last.y || isEqual) frontier.push(candidate);
  }
  return frontier.map(({ point }) => point);
}
