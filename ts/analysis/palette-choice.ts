/** How good a choice of stitches was, judged once every stitch has been measured: regret, and share of the best. */
import { bestPalette } from "./best-palette.js";
import { hypervolume, type Place } from "./hypervolume.js";
import { type Axes, asLoss, fieldValue } from "./points.js";

export interface IntervalRegret {
  readonly interval: number;
  readonly stitches: number;
  /** Stitches of the palette in it. */
  readonly kept: number;
  /** Best metric of the interval minus that of the palette there; never negative, null where none was kept. */
  readonly regret: number | null;
}

export interface PaletteChoice {
  readonly intervals: readonly IntervalRegret[];
  /** Mean over the intervals of which the palette has a stitch; null where it has none. */
  readonly regret: number | null;
  /** Stitches of the palette, and of the oracle's. */
  readonly size: number;
  /** Hypervolume of the palette over that of the best palette of its size; null where the best has none. */
  readonly share_of_best: number | null;
  /** The same for all stitches together: what any choice loses by keeping so few. */
  readonly share_of_all: number | null;
}

/** A stitch as the choice saw it. */
export interface Candidate {
  readonly interval: number;
  readonly in_palette: boolean;
}

/** Judges the palette among `points`, all of them measured. */
export function judgePalette<Point extends Candidate & object>(
  points: readonly Point[],
  reference: Place,
  axes: Axes<Point>,
): PaletteChoice {
  const kept = points.filter(({ in_palette }) => in_palette);
  const intervals = [...new Set(points.map(({ interval }) => interval))]
    .sort((a, b) => a - b)
    .map((interval) => regretIn(interval, points, axes));
  const regrets = intervals.map(({ regret }) => regret).filter((regret) => regret !== null);
  const own = hypervolume(kept, reference, axes).value;
  const share = (whole: number) => (whole > 0 ? own / whole : null);
  return {
    intervals,
    regret: regrets.length === 0 ? null : regrets.reduce((sum, regret) => sum + regret, 0) / regrets.length,
    size: kept.length,
    share_of_best: share(bestPalette(points, kept.length, reference, axes).hypervolume),
    share_of_all: share(hypervolume(points, reference, axes).value),
  };
}

function regretIn<Point extends Candidate & object>(
  interval: number,
  points: readonly Point[],
  { y }: Axes<Point>,
): IntervalRegret {
  const members = points.filter((point) => point.interval === interval);
  const kept = members.filter(({ in_palette }) => in_palette);
  const least = (list: readonly Point[]) =>
    list.reduce((best, point) => Math.min(best, asLoss(fieldValue(point, y.key), y.better)), Infinity);
  return {
    interval,
    stitches: members.length,
    kept: kept.length,
    regret: kept.length === 0 ? null : least(kept) - least(members),
  };
}
