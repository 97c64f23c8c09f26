import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { paretoFrontier } from "../../../ts/analysis/frontier.js";
import { kneeOf } from "../../../ts/analysis/knee.js";
import { type Axes, compareOn, measuredOn } from "../../../ts/analysis/points.js";
import { EstaError } from "../../../ts/errors.js";
import { axesArbitrary, COST_AND_ACCURACY, makePoint, type Point, pointsArbitrary } from "./points.js";

/** The definition, word by word. */
function dominates(a: Point, b: Point, { x, y }: Axes<Point>): boolean {
  const atLeast = compareOn(x, a, b) <= 0 && compareOn(y, a, b) <= 0;
  return atLeast && (compareOn(x, a, b) < 0 || compareOn(y, a, b) < 0);
}

describe("paretoFrontier", () => {
  it("keeps exactly the points that no other dominates", () => {
    fc.assert(
      fc.property(pointsArbitrary, axesArbitrary, (points, axes) => {
        const expected = points.filter((point) => !points.some((other) => dominates(other, point, axes)));
        const ids = paretoFrontier(points, axes).map(({ id }) => id);
        expect([...ids].sort((a, b) => a - b)).toEqual(expected.map(({ id }) => id));
      }),
    );
  });

  it("comes best x first and does not depend on the order of the input but for equal points", () => {
    fc.assert(
      fc.property(pointsArbitrary, axesArbitrary, (points, axes) => {
        const places = (list: Point[]) => list.map(({ macs, accuracy }) => [macs, accuracy]);
        const frontier = paretoFrontier(points, axes);
        expect(places(paretoFrontier([...points].reverse(), axes))).toEqual(places(frontier));
        for (let i = 1; i < frontier.length; i += 1) {
          expect(compareOn(axes.x, frontier[i - 1] as Point, frontier[i] as Point)).toBeLessThanOrEqual(0);
        }
      }),
    );
  });

  it("keeps equal points in their order, drops a tie on one axis, and leaves its input alone", () => {
    const points = [
      makePoint(0, 2, 5),
      makePoint(1, 1, 3),
      makePoint(2, 2, 5),
      makePoint(3, 2, 4),
      makePoint(4, 3, 5),
    ];
    const copy = structuredClone(points);
    expect(paretoFrontier(points, COST_AND_ACCURACY).map(({ id }) => id)).toEqual([1, 0, 2]);
    expect(points).toEqual(copy);
  });

  it("of nothing is nothing", () => {
    expect(paretoFrontier([], COST_AND_ACCURACY)).toEqual([]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    "refuses %s, naming point and field",
    (value) => {
      const points = [makePoint(0, 1, 1), makePoint(7, 1, value)];
      expect(() => paretoFrontier(points, COST_AND_ACCURACY)).toThrow(EstaError);
      expect(() => paretoFrontier(points, COST_AND_ACCURACY)).toThrow(/stitch 7 \(stitch-7\).*accuracy.*got/);
      expect(measuredOn(points, ["accuracy"]).map(({ id }) => id)).toEqual([0]);
    },
  );

  it("refuses what was not measured", () => {
    const points: Record<string, number>[] = [{ id: 3, macs: 1 }];
    expect(() => paretoFrontier(points, COST_AND_ACCURACY as never)).toThrow(/accuracy: got undefined/);
  });
});

describe("kneeOf", () => {
  it("is the frontier point farthest above the line between the ends", () => {
    const points = [
      makePoint(0, 0, 0),
      makePoint(1, 2, 7),
      makePoint(2, 5, 9),
      makePoint(3, 10, 10),
      makePoint(4, 3, 1),
    ];
    const knee = kneeOf(points, COST_AND_ACCURACY);
    expect(knee?.point.id).toBe(1);
    expect(knee?.distance).toBeCloseTo((0.7 - 0.2) / Math.SQRT2, 12);
  });

  it("does not exist on a straight or sagging frontier, or on one point", () => {
    const line = [makePoint(0, 0, 0), makePoint(1, 1, 1), makePoint(2, 3, 3)];
    expect(kneeOf(line, COST_AND_ACCURACY)).toBeNull();
    expect(
      kneeOf([makePoint(0, 0, 0), makePoint(1, 2, 0.1), makePoint(2, 3, 3)], COST_AND_ACCURACY),
    ).toBeNull();
    expect(kneeOf([makePoint(0, 1, 1), makePoint(1, 1, 1)], COST_AND_ACCURACY)).toBeNull();
    expect(kneeOf([], COST_AND_ACCURACY)).toBeNull();
  });

  it("does not move when the axes are rescaled", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(50), fc.nat(50)), { maxLength: 20 }), (rows) => {
        const points = rows.map(([macs, accuracy], id) => makePoint(id, macs, accuracy));
        const scaled = points.map((point) => ({
          ...point,
          macs: 4 * point.macs + 1024,
          accuracy: point.accuracy / 64,
        }));
        expect(kneeOf(scaled, COST_AND_ACCURACY)?.point.id).toBe(kneeOf(points, COST_AND_ACCURACY)?.point.id);
      }),
    );
  });
});
