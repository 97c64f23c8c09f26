import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { frontierGain, gainRange } from "../../../ts/analysis/gain.js";
import { hypervolume, makeReference, type Place } from "../../../ts/analysis/hypervolume.js";
import type { Axes } from "../../../ts/analysis/points.js";
import { axesArbitrary, COST_AND_ACCURACY, makePoint, type Point, pointsArbitrary } from "./points.js";

const SIDE = 7;
const gridPoints = fc
  .array(fc.tuple(fc.integer({ min: 0, max: SIDE }), fc.integer({ min: 0, max: SIDE })), { maxLength: 20 })
  .map((rows) => rows.map(([macs, accuracy], id) => makePoint(id, macs, accuracy)));
const place = fc.record({ x: fc.integer({ min: 0, max: SIDE }), y: fc.integer({ min: 0, max: SIDE }) });

/** Counts the unit cells of the grid between some point and the reference: no sorting, no frontier. */
function countCells(points: readonly Point[], reference: Place, axes: Axes<Point>): number {
  const covers = (point: number, cell: number, limit: number, better: string) =>
    better === "less" ? point <= cell && cell + 1 <= limit : point >= cell + 1 && cell >= limit;
  let cells = 0;
  for (let i = 0; i < SIDE; i += 1) {
    for (let j = 0; j < SIDE; j += 1) {
      const isDominated = points.some(
        ({ macs, accuracy }) =>
          covers(macs, i, reference.x, axes.x.better) && covers(accuracy, j, reference.y, axes.y.better),
      );
      if (isDominated) cells += 1;
    }
  }
  return cells;
}

describe("hypervolume", () => {
  it("equals the number of dominated cells on a grid, for every direction of the axes", () => {
    fc.assert(
      fc.property(gridPoints, place, axesArbitrary, (points, reference, axes) => {
        expect(hypervolume(points, reference, axes).value).toBe(countCells(points, reference, axes));
      }),
    );
  });

  it("never shrinks by another point, and ignores dominated and repeated ones", () => {
    fc.assert(
      fc.property(pointsArbitrary, axesArbitrary, (points, axes) => {
        fc.pre(points.length > 1);
        const reference = makeReference(points, axes);
        const whole = hypervolume(points, reference, axes);
        expect(hypervolume([...points, ...points].reverse(), reference, axes)).toEqual(whole);
        expect(hypervolume(points.slice(1), reference, axes).value).toBeLessThanOrEqual(
          whole.value * (1 + 1e-12),
        );
      }),
    );
  });

  it("clips points beyond the reference and always names it", () => {
    const points = [makePoint(0, 2, 8), makePoint(1, 20, 9), makePoint(2, 1, 0)];
    const result = hypervolume(points, { x: 10, y: 3 }, COST_AND_ACCURACY, { x: 0, y: 13 });
    expect(result).toEqual({
      value: 40,
      scaled: 0.4,
      reference: { x: 10, y: 3 },
      ideal: { x: 0, y: 13 },
      contributing: 1,
    });
    expect(hypervolume([], { x: 1, y: 0 }, COST_AND_ACCURACY).value).toBe(0);
  });

  it("refuses references, ideals and points that make no sense", () => {
    const points = [makePoint(0, 2, 8)];
    expect(() => hypervolume(points, { x: Number.NaN, y: 0 }, COST_AND_ACCURACY)).toThrow(
      /reference point must be finite/,
    );
    const reference = { x: 10, y: 3 };
    expect(() => hypervolume(points, reference, COST_AND_ACCURACY, { x: 10, y: 9 })).toThrow(
      /ideal must be better/,
    );
    expect(() => hypervolume(points, reference, COST_AND_ACCURACY, { x: 0, y: 5 })).toThrow(
      /better than the ideal 5/,
    );
    expect(() => hypervolume([makePoint(1, Number.NaN, 1)], reference, COST_AND_ACCURACY)).toThrow(/macs/);
    expect(() => makeReference([], COST_AND_ACCURACY)).toThrow(/from no points/);
  });

  it("has a default reference beyond the worst values, also where there is no range", () => {
    const points = [makePoint(0, 10, 0.5), makePoint(1, 30, 0.9)];
    const reference = makeReference(points, COST_AND_ACCURACY);
    expect(reference.x).toBeCloseTo(31, 12);
    expect(reference.y).toBeCloseTo(0.48, 12);
    expect(makeReference([makePoint(0, 10, 0)], COST_AND_ACCURACY)).toEqual({ x: 10.5, y: -0.05 });
  });
});

describe("gain", () => {
  /** Every cost in the data, every point within it. */
  function bruteGains(points: readonly Point[], anchors: readonly Point[]): number[] {
    const best = (list: readonly Point[], cost: number) =>
      Math.max(...list.filter(({ macs }) => macs <= cost).map(({ accuracy }) => accuracy));
    return [...points, ...anchors]
      .map(({ macs }) => best(points, macs) - best(anchors, macs))
      .filter(Number.isFinite);
  }

  it("spans the differences of the two step functions", () => {
    fc.assert(
      fc.property(pointsArbitrary, pointsArbitrary, (points, anchors) => {
        const range = gainRange(points, anchors, COST_AND_ACCURACY);
        const brute = bruteGains(points, anchors);
        expect(range === null).toBe(brute.length === 0);
        if (range === null) return;
        expect(range.largest.gain).toBe(Math.max(...brute));
        expect(range.smallest.gain).toBe(Math.min(...brute));
        for (const { gain, cost, point, anchor } of [range.largest, range.smallest]) {
          expect(point.macs).toBeLessThanOrEqual(cost);
          expect(anchor.macs).toBeLessThanOrEqual(cost);
          expect(point.accuracy - anchor.accuracy).toBe(gain);
        }
      }),
    );
  });

  it("names the loss where one side is nowhere better", () => {
    const range = gainRange(
      [makePoint(0, 2, 3)],
      [makePoint(1, 1, 4), makePoint(2, 5, 9)],
      COST_AND_ACCURACY,
    );
    expect(range).toMatchObject({ largest: { gain: -1, cost: 2 }, smallest: { gain: -6, cost: 5 } });
  });

  it("works on a metric of which less is better", () => {
    const axes: Axes<Point> = { ...COST_AND_ACCURACY, y: { key: "accuracy", better: "less" } };
    const range = gainRange([makePoint(0, 2, 3)], [makePoint(1, 1, 5), makePoint(2, 3, 4)], axes);
    expect(range?.largest).toMatchObject({ gain: 2, cost: 2, point: { id: 0 }, anchor: { id: 1 } });
  });

  it("of the anchors over themselves is nothing, and of more points never negative", () => {
    fc.assert(
      fc.property(pointsArbitrary, pointsArbitrary, (anchors, others) => {
        fc.pre(anchors.length > 0);
        const reference = makeReference([...anchors, ...others], COST_AND_ACCURACY);
        const own = frontierGain(anchors, anchors, reference, COST_AND_ACCURACY);
        expect(own.hypervolume).toBe(0);
        expect(own.largest?.gain).toBe(0);
        const more = frontierGain([...anchors, ...others], anchors, reference, COST_AND_ACCURACY);
        expect(more.hypervolume).toBeGreaterThanOrEqual(-1e-9 * more.anchors.value);
        expect(more.largest?.gain).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
