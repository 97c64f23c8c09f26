import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Constraints, isFeasible, selectStitch } from "../../../ts/analysis/selection.js";
import { makePoint, type Point, pointsArbitrary } from "./points.js";

const METRIC = { key: "accuracy", better: "more" } as const;
const limit = fc.integer({ min: -1, max: 7 });
const constraintsArbitrary = fc.record(
  { macs: fc.record({ max: limit }), params: fc.record({ max: limit }), accuracy: fc.record({ min: limit }) },
  { requiredKeys: [] },
) as fc.Arbitrary<Constraints<Point>>;

/** All that fit, sorted by the rule: metric, cost, position. */
function bruteSelect(points: readonly Point[], constraints: Constraints<Point>): Point | undefined {
  const { macs, params, accuracy } = constraints;
  return points
    .filter((point) => point.macs <= (macs?.max ?? Number.POSITIVE_INFINITY))
    .filter((point) => point.params <= (params?.max ?? Number.POSITIVE_INFINITY))
    .filter((point) => point.accuracy >= (accuracy?.min ?? Number.NEGATIVE_INFINITY))
    .sort((a, b) => b.accuracy - a.accuracy || a.macs - b.macs || a.id - b.id)[0];
}

describe("selectStitch", () => {
  it("agrees with sorting all that fit", () => {
    fc.assert(
      fc.property(pointsArbitrary, constraintsArbitrary, (points, constraints) => {
        const selection = selectStitch(points, constraints, METRIC);
        const expected = bruteSelect(points, constraints);
        expect(selection.found ? selection.stitch : undefined).toBe(expected);
        const fitting = points.filter((point) => isFeasible(point, constraints)).length;
        if (selection.found) expect(selection.feasible).toBe(fitting);
      }),
    );
  });

  it("takes the cheapest on ties, on the cost that is asked for", () => {
    const points = [makePoint(0, 3, 9, 1), makePoint(1, 2, 9, 2), makePoint(2, 1, 8, 0)];
    expect(selectStitch(points, {}, METRIC)).toMatchObject({ found: true, stitch: { id: 1 }, feasible: 3 });
    expect(selectStitch(points, {}, METRIC, "params")).toMatchObject({ stitch: { id: 0 } });
  });

  it("takes the lowest where less is better", () => {
    const points = [makePoint(0, 3, 9), makePoint(1, 2, 4)];
    const selection = selectStitch(points, {}, { key: "accuracy", better: "less" });
    expect(selection).toMatchObject({ stitch: { id: 1 } });
  });

  it("says which bound nothing meets, what comes closest and by how much", () => {
    const points = [makePoint(0, 2e9, 0.9), makePoint(1, 1.2e9, 0.7)];
    const selection = selectStitch(points, { macs: { max: 1e9 } }, METRIC);
    expect(selection).toMatchObject({
      found: false,
      nearest: { id: 1 },
      violations: [{ key: "macs", bound: "max", limit: 1e9, value: 1.2e9, excess: 0.2e9 }],
      reach: [{ key: "macs", feasible: 0, best: { id: 1 }, best_value: 1.2e9 }],
    });
    if (selection.found) throw new Error("unreachable");
    expect(selection.explanation).toBe(
      "no stitch has MACs <= 1.00 G: the least is stitch-1 (id 1) with 1.20 G, 200 M (20.0 %) beyond the bound",
    );
  });

  it("names the nearest where each bound can be met, but not all at once", () => {
    const points = [makePoint(0, 100, 0.9), makePoint(1, 52, 0.75), makePoint(2, 10, 0.3)];
    const selection = selectStitch(points, { macs: { max: 50 }, accuracy: { min: 0.8 } }, METRIC);
    expect(selection).toMatchObject({ found: false, nearest: { id: 1 } });
    if (selection.found) throw new Error("unreachable");
    expect(selection.reach.map(({ feasible }) => feasible)).toEqual([1, 1]);
    expect(selection.explanation).toMatch(
      /no stitch has MACs <= 50 and Accuracy >= 80.0 % at once; the nearest is stitch-1/,
    );
  });

  it("explains emptiness, and finds only violations that are real", () => {
    expect(selectStitch([], {}, METRIC)).toMatchObject({ found: false, nearest: null });
    fc.assert(
      fc.property(pointsArbitrary, constraintsArbitrary, (points, constraints) => {
        const selection = selectStitch(points, constraints, METRIC);
        if (selection.found || selection.nearest === null) return;
        expect(selection.violations.length).toBeGreaterThan(0);
        for (const { key, bound, limit, value, excess } of selection.violations) {
          expect(value).toBe(selection.nearest[key as "macs"]);
          expect(excess).toBe(bound === "max" ? value - limit : limit - value);
          expect(excess).toBeGreaterThan(0);
        }
      }),
    );
  });

  it("refuses bounds that are not finite or contradict each other", () => {
    const points = [makePoint(0, 1, 1)];
    expect(() => selectStitch(points, { macs: { max: Number.NaN } }, METRIC)).toThrow(
      /max of macs must be a finite/,
    );
    expect(() => selectStitch(points, { macs: { min: 3, max: 2 } }, METRIC)).toThrow(
      /at least 3 and at most 2/,
    );
    expect(() => selectStitch([makePoint(0, 1, Number.NaN)], {}, METRIC)).toThrow(/accuracy/);
  });
});
