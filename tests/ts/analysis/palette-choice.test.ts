import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bestPalette } from "../../../ts/analysis/best-palette.js";
import { hypervolume } from "../../../ts/analysis/hypervolume.js";
import { meanFrontier } from "../../../ts/analysis/mean-frontier.js";
import { judgePalette } from "../../../ts/analysis/palette-choice.js";
import { axesArbitrary, COST_AND_ACCURACY, makePoint, type Point, pointsArbitrary } from "./points.js";

/** Every subset of at most `size` of `points`. */
function subsets(points: readonly Point[], size: number): Point[][] {
  const [first, ...rest] = points;
  if (first === undefined || size === 0) return [[]];
  return [...subsets(rest, size), ...subsets(rest, size - 1).map((subset) => [first, ...subset])];
}

const few = pointsArbitrary.map((points) => points.slice(0, 8));
const place = fc.record({ x: fc.integer({ min: -2, max: 8 }), y: fc.integer({ min: -2, max: 8 }) });

describe("bestPalette", () => {
  it("reaches what the best of all subsets reaches, with points of the list", () => {
    fc.assert(
      fc.property(few, fc.integer({ min: 0, max: 9 }), place, axesArbitrary, (points, size, at, axes) => {
        const best = bestPalette(points, size, at, axes);
        const areas = subsets(points, size).map((subset) => hypervolume(subset, at, axes).value);
        const most = Math.max(...areas);
        expect(best.points.length).toBeLessThanOrEqual(size);
        for (const point of best.points) expect(points).toContain(point);
        expect(new Set(best.points).size).toBe(best.points.length);
        expect(best.hypervolume).toBeGreaterThanOrEqual(most * (1 - 1e-9));
        expect(best.hypervolume).toBeLessThanOrEqual(most * (1 + 1e-9));
      }),
      { numRuns: 300 },
    );
  });

  it("grows with the size up to the hypervolume of all, and repeats itself", () => {
    fc.assert(
      fc.property(pointsArbitrary, place, axesArbitrary, (points, at, axes) => {
        const areas = Array.from(
          { length: points.length + 1 },
          (_, size) => bestPalette(points, size, at, axes).hypervolume,
        );
        for (const [i, area] of areas.slice(1).entries()) {
          expect(area).toBeGreaterThanOrEqual((areas[i] as number) * (1 - 1e-9));
        }
        const all = hypervolume(points, at, axes).value;
        expect(areas.at(-1)).toBeCloseTo(all, 6);
        expect(bestPalette(points, 3, at, axes)).toEqual(bestPalette(points, 3, at, axes));
      }),
    );
  });

  it("takes a cheap pick where the most accurate of each interval would lose", () => {
    const points = [makePoint(0, 1, 0.6), makePoint(1, 9, 0.62), makePoint(2, 10, 0.9)];
    const best = bestPalette(points, 2, { x: 11, y: 0 }, COST_AND_ACCURACY);
    expect(best.points.map(({ id }) => id)).toEqual([0, 2]);
  });
});

describe("judgePalette", () => {
  const stitch = (id: number, macs: number, accuracy: number, interval: number, in_palette: boolean) => ({
    ...makePoint(id, macs, accuracy),
    interval,
    in_palette,
  });
  const points = [
    stitch(0, 1, 0.5, 0, true),
    stitch(1, 2, 0.6, 0, false),
    stitch(2, 5, 0.7, 1, true),
    stitch(3, 6, 0.65, 1, true),
    stitch(4, 9, 0.9, 2, false),
  ];
  const reference = { x: 10, y: 0 };

  it("gives the regret of each interval that has a kept stitch, and shares of the best", () => {
    const choice = judgePalette(points, reference, COST_AND_ACCURACY);
    expect(choice.intervals.map(({ interval, stitches, kept }) => [interval, stitches, kept])).toEqual([
      [0, 2, 1],
      [1, 2, 2],
      [2, 1, 0],
    ]);
    expect(choice.intervals.map(({ regret }) => regret && Number(regret.toFixed(9)))).toEqual([0.1, 0, null]);
    expect(choice.regret).toBeCloseTo(0.05, 12);
    // Kept: 9 * .5 + 5 * .2 = 5.5; the best three: 8 * .6 + 5 * .1 + 1 * .2 = 5.5, or 9 * .5 + 8 * .1 + 5 * .1 = 5.8.
    expect(choice.size).toBe(3);
    expect(choice.share_of_best).toBeCloseTo(5.5 / 5.8, 9);
    expect(choice.share_of_all).toBeCloseTo(5.5 / 6, 9);
  });

  it("is never better than the best of its size, nor has a negative regret", () => {
    const rows = fc.array(fc.tuple(fc.nat(9), fc.nat(9), fc.nat(3), fc.boolean()), {
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(rows, (list) => {
        const made = list.map(([macs, accuracy, interval, kept], id) =>
          stitch(id, macs, accuracy, interval, kept),
        );
        const choice = judgePalette(made, { x: 10, y: -1 }, COST_AND_ACCURACY);
        if (choice.share_of_best !== null) expect(choice.share_of_best).toBeLessThanOrEqual(1 + 1e-9);
        for (const { regret } of choice.intervals)
          if (regret !== null) expect(regret).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe("meanFrontier", () => {
  it("is the frontier itself for one run, and the mean of what a cost buys for several", () => {
    const one = [makePoint(0, 1, 0.5), makePoint(1, 3, 0.4), makePoint(2, 5, 0.8)];
    const two = [makePoint(0, 2, 0.7), makePoint(1, 4, 0.9)];
    expect(meanFrontier([one], COST_AND_ACCURACY)).toEqual([
      { x: 1, y: 0.5 },
      { x: 5, y: 0.8 },
    ]);
    const mean = meanFrontier([one, two], COST_AND_ACCURACY);
    expect(mean.map(({ x }) => x)).toEqual([2, 4, 5]);
    for (const [i, y] of [0.6, 0.7, 0.85].entries()) expect(mean[i]?.y).toBeCloseTo(y, 12);
    expect(meanFrontier([one, []], COST_AND_ACCURACY)).toEqual([]);
  });

  it("agrees with asking every run for its best at every cost", () => {
    fc.assert(
      fc.property(fc.array(pointsArbitrary, { minLength: 1, maxLength: 4 }), (runs) => {
        for (const { x, y } of meanFrontier(runs, COST_AND_ACCURACY)) {
          const bests = runs.map((points) =>
            Math.max(...points.filter(({ macs }) => macs <= x).map(({ accuracy }) => accuracy)),
          );
          expect(y).toBeCloseTo(bests.reduce((sum, best) => sum + best, 0) / runs.length, 6);
        }
      }),
    );
  });
});
