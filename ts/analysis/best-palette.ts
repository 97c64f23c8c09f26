/**
 * The palette that an oracle would keep: of all subsets of a given size, one with the largest hypervolume. Exact, by
 * dynamic programming over the frontier, since on two axes a point adds what it has over its neighbour alone. An
 * oracle that took the most accurate stitch of each cost interval instead could be beaten.
 */
import { paretoFrontier } from "./frontier.js";
import { hypervolume, type Place } from "./hypervolume.js";
import { type Axes, asLoss, fieldValue } from "./points.js";

export interface BestPalette<Point> {
  /** At most as many as were asked for, best x first; fewer where fewer suffice. */
  readonly points: readonly Point[];
  /** In units of x times y, as `hypervolume` gives it. */
  readonly hypervolume: number;
}

/** The best `size` of `points`. O(size n^2) for n points on the frontier that are better than the reference. */
export function bestPalette<Point extends object>(
  points: readonly Point[],
  size: number,
  reference: Place,
  axes: Axes<Point>,
): BestPalette<Point> {
  const useful = placed(points, reference, axes);
  const most = Math.min(Math.max(0, Math.floor(size)), useful.length);
  // area[i]: the most that `count` points reach of which i has the best y; from[count][i]: the point before it.
  let area = useful.map(({ width, height }) => width * height);
  const from: number[][] = [useful.map(() => -1)];
  for (let count = 2; count <= most; count += 1) {
    const before = area;
    const origin = useful.map(() => -1);
    area = useful.map(({ width, height }, i) => {
      let best = before[i] as number;
      // With no point before it that helps, i stands alone or with fewer.
      let found = -2;
      for (let j = 0; j < i; j += 1) {
        const grown = (before[j] as number) + width * (height - (useful[j] as Placed<Point>).height);
        if (grown > best) [best, found] = [grown, j];
      }
      origin[i] = found;
      return best;
    });
    from.push(origin);
  }
  const chosen = most === 0 ? [] : trace(useful, area, from);
  return { points: chosen, hypervolume: hypervolume(chosen, reference, axes).value };
}

interface Placed<Point> {
  readonly point: Point;
  /** Distance to the reference on x and on y, both positive. */
  readonly width: number;
  readonly height: number;
}

/** Points of the frontier that dominate something, best x first, so that y improves; equal ones once. */
function placed<Point extends object>(
  points: readonly Point[],
  reference: Place,
  axes: Axes<Point>,
): Placed<Point>[] {
  const loss = (value: number, side: "x" | "y") => asLoss(value, axes[side].better);
  const useful: Placed<Point>[] = [];
  for (const point of paretoFrontier(points, axes)) {
    const width = loss(reference.x, "x") - loss(fieldValue(point, axes.x.key), "x");
    const height = loss(reference.y, "y") - loss(fieldValue(point, axes.y.key), "y");
    if (width > 0 && height > (useful.at(-1)?.height ?? 0)) useful.push({ point, width, height });
  }
  return useful;
}

/** Follows the choices back from the best last point. */
function trace<Point>(
  useful: readonly Placed<Point>[],
  area: readonly number[],
  from: readonly (readonly number[])[],
): Point[] {
  let at = area.reduce((best, value, i) => (value > (area[best] as number) ? i : best), 0);
  const chosen: Point[] = [];
  for (let count = from.length - 1; count >= 0 && at >= 0; count -= 1) {
    const origin = from[count]?.[at] as number;
    if (origin === -2) continue;
    chosen.unshift((useful[at] as Placed<Point>).point);
    at = origin;
  }
  return chosen;
}
