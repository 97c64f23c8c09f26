import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { kendallTau, rankScores } from "../../../ts/analysis/ranking.js";

/** The definition over all pairs. */
function bruteTau(a: readonly number[], b: readonly number[]): number | null {
  let difference = 0;
  let untiedA = 0;
  let untiedB = 0;
  for (let i = 0; i < a.length; i += 1) {
    for (let j = i + 1; j < a.length; j += 1) {
      const signA = Math.sign((a[i] as number) - (a[j] as number));
      const signB = Math.sign((b[i] as number) - (b[j] as number));
      difference += signA * signB;
      untiedA += Math.abs(signA);
      untiedB += Math.abs(signB);
    }
  }
  return untiedA === 0 || untiedB === 0 ? null : difference / Math.sqrt(untiedA * untiedB);
}

const pairs = fc.oneof(
  fc.array(fc.tuple(fc.nat(4), fc.nat(4)), { maxLength: 40 }),
  fc.array(
    fc.tuple(fc.double({ noNaN: true, min: -9, max: 9 }), fc.double({ noNaN: true, min: -9, max: 9 })),
    {
      maxLength: 40,
    },
  ),
);

describe("kendallTau", () => {
  it("equals the definition over all pairs, ties included", () => {
    fc.assert(
      fc.property(pairs, (rows) => {
        const [a, b] = [rows.map(([x]) => x), rows.map(([, y]) => y)];
        const expected = bruteTau(a, b);
        const tau = kendallTau(a, b);
        if (expected === null) expect(tau).toBeNull();
        else expect(tau).toBeCloseTo(expected, 12);
        expect(kendallTau(b, a)).toEqual(tau);
        expect(kendallTau(a, b)).toBe(tau);
      }),
      { numRuns: 300 },
    );
  });

  it("agrees with figures worked out by SciPy's kendalltau", () => {
    expect(kendallTau([12, 2, 1, 12, 2], [1, 4, 7, 1, 0])).toBeCloseTo(-0.47140452079103173, 15);
  });

  it("is 1 for the same order, -1 for the opposite one, null for a constant", () => {
    expect(kendallTau([1, 2, 3], [4, 9, 11])).toBeCloseTo(1, 15);
    expect(kendallTau([1, 2, 3], [9, 3, 2])).toBeCloseTo(-1, 15);
    expect(kendallTau([1, 1, 1], [9, 3, 2])).toBeNull();
    expect(kendallTau([], [])).toBeNull();
    expect(() => kendallTau([1], [1, 2])).toThrow(/equally long, got 1 and 2/);
    expect(() => kendallTau([1, Number.NaN], [1, 2])).toThrow(/finite.*NaN/);
  });
});

describe("rankScores", () => {
  const row = (interval: number, score: number, accuracy: number) => ({ interval, score, accuracy });
  const fields = { score: "score", metric: "accuracy", better: "more" } as const;

  it("ranks inside intervals only, and counts no luck on equal scores", () => {
    const points = [
      row(0, 3, 0.5),
      row(0, 1, 0.7),
      row(1, 9, 0.9),
      row(1, 9, 0.6),
      row(1, 2, 0.3),
      row(4, 1, 0.1),
    ];
    const ranking = rankScores(points, fields);
    expect(ranking.intervals.map(({ interval, stitches }) => [interval, stitches])).toEqual([
      [0, 2],
      [1, 3],
      [4, 1],
    ]);
    expect(ranking.intervals.map(({ regret }) => regret)).toEqual([0.7 - 0.5, expect.closeTo(0.3, 12), 0]);
    expect(ranking.intervals[0]?.tau).toBe(-1);
    expect(ranking.intervals[2]?.tau).toBeNull();
    expect(ranking.regret).toBeCloseTo((0.2 + 0.3) / 2, 12);
    expect(ranking.random_regret).toBeCloseTo((0.1 + 0.3) / 2, 12);
  });

  it("a score that is the metric has no regret; regrets are never negative and at most the range", () => {
    const rows = fc.array(fc.tuple(fc.nat(2), fc.nat(5), fc.nat(5)), { maxLength: 25 });
    fc.assert(
      fc.property(rows, (values) => {
        const points = values.map(([interval, score, accuracy]) => row(interval, score, accuracy));
        for (const entry of rankScores(points, { ...fields, score: "accuracy" }).intervals)
          expect(entry.regret).toBe(0);
        for (const { regret, random_regret } of rankScores(points, fields).intervals) {
          expect(regret).toBeGreaterThanOrEqual(0);
          expect(regret).toBeLessThanOrEqual(5);
          expect(random_regret).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  it("of nothing is nothing", () => {
    expect(rankScores([], fields)).toEqual({ intervals: [], tau: null, regret: null, random_regret: null });
  });
});
