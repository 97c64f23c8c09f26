/**
 * What a palette gains over the anchors' own frontier, which a user could have had by tuning each anchor alone:
 * as hypervolume with one reference for both, and as the largest difference of the metric at equal cost.
 */
import { paretoFrontier } from "./frontier.js";
import { type Hypervolume, hypervolume, type Place } from "./hypervolume.js";
import { type Axes, asLoss, fieldValue } from "./points.js";

export interface LargestGain<Point> {
  /** Improvement of the metric in its own units, positive where the palette is better. */
  readonly gain: number;
  /** Cost at which it occurs. */
  readonly cost: number;
  readonly point: Point;
  /** Best anchor that costs no more. */
  readonly anchor: Point;
}

export interface FrontierGain<Point> {
  readonly palette: Hypervolume;
  readonly anchors: Hypervolume;
  /** Difference of the two hypervolumes. */
  readonly hypervolume: number;
  /** Null where no cost can pay for both a point of the palette and an anchor. */
  readonly largest: LargestGain<Point> | null;
}

/** Gain of `points` over `anchors`; x is the cost axis, y the metric. */
export function frontierGain<Point extends object>(
  points: readonly Point[],
  anchors: readonly Point[],
  reference: Place,
  axes: Axes<Point>,
): FrontierGain<Point> {
  const palette = hypervolume(points, reference, axes);
  const own = hypervolume(anchors, reference, axes);
  return {
    palette,
    anchors: own,
    hypervolume: palette.value - own.value,
    largest: gainRange(points, anchors, axes)?.largest ?? null,
  };
}

export interface GainRange<Point> {
  readonly largest: LargestGain<Point>;
  /** A loss where its gain is negative. */
  readonly smallest: LargestGain<Point>;
}

/**
 * Largest and smallest gain at equal cost, null where no cost pays for both. Both frontiers are step functions of the cost (what it buys, nothing in between), so
 * the extreme differences stand where one of them steps.
 */
export function gainRange<Point extends object>(
  points: readonly Point[],
  anchors: readonly Point[],
  axes: Axes<Point>,
): GainRange<Point> | null {
  const ours = paretoFrontier(points, axes);
  const theirs = paretoFrontier(anchors, axes);
  const steps = [...ours, ...theirs].map((point) => costOf(point, axes)).sort((a, b) => a - b);
  let range: GainRange<Point> | null = null;
  let i = 0;
  let j = 0;
  for (const cost of steps) {
    while (i < ours.length && costOf(ours[i] as Point, axes) <= cost) i += 1;
    while (j < theirs.length && costOf(theirs[j] as Point, axes) <= cost) j += 1;
    const point = ours[i - 1];
    const anchor = theirs[j - 1];
    if (point === undefined || anchor === undefined) continue;
    const [own, other] = [fieldValue(point, axes.y.key), fieldValue(anchor, axes.y.key)];
    const gain = axes.y.better === "more" ? own - other : other - own;
    const here = { gain, cost: asLoss(cost, axes.x.better), point, anchor };
    range = {
      largest: range === null || gain > range.largest.gain ? here : range.largest,
      smallest: range === null || gain < range.smallest.gain ? here : range.smallest,
    };
  }
  return range;
}

function costOf<Point extends object>(point: Point, axes: Axes<Point>): number {
  return asLoss(fieldValue(point, axes.x.key), axes.x.better);
}
