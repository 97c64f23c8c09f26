import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pairedDifference, quantile } from "../../../ts/analysis/bootstrap.js";
import { comparePaired } from "../../../ts/analysis/paired-comparison.js";
import { makeRandom } from "../../../ts/analysis/random.js";
import { COST_AND_ACCURACY, makePoint, type Point } from "./points.js";

describe("makeRandom", () => {
  it("repeats itself from the same seed, differs from others, and is roughly even", () => {
    const draw = (seed: number, count: number) => {
      const random = makeRandom(seed);
      return Array.from({ length: count }, random);
    };
    expect(draw(3, 20)).toEqual(draw(3, 20));
    expect(draw(3, 20)).not.toEqual(draw(4, 20));
    const counts = new Array<number>(10).fill(0);
    for (const value of draw(1, 100_000))
      counts[Math.floor(value * 10)] = (counts[Math.floor(value * 10)] ?? 0) + 1;
    // Chi-squared with 9 degrees of freedom passes 27.9 once in a thousand.
    expect(counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)).toBeLessThan(27.9);
  });
});

describe("pairedDifference", () => {
  it("equals the interval over all resamples where these can be listed", () => {
    const a = [0, 0, 0];
    const b = [1, 2, 6];
    const all: number[] = [];
    for (const i of b) for (const j of b) for (const k of b) all.push((i + j + k) / 3);
    all.sort((x, y) => x - y);
    const result = pairedDifference(a, b, { level: 0.8, resamples: 100_000 });
    expect(result).toMatchObject({ pairs: 3, mean_a: 0, mean_b: 3, difference: 3, larger: 3 });
    // Share of all 27 resamples up to a value: the interval's ends must stand where 10 % and 90 % are reached.
    const upTo = (value: number) => all.filter((mean) => mean <= value + 1e-9).length / all.length;
    const below = (value: number) => all.filter((mean) => mean < value - 1e-9).length / all.length;
    expect(below(result.low as number)).toBeLessThanOrEqual(0.1);
    expect(upTo(result.low as number)).toBeGreaterThanOrEqual(0.1);
    expect(below(result.high as number)).toBeLessThanOrEqual(0.9);
    expect(upTo(result.high as number)).toBeGreaterThanOrEqual(0.9);
  });

  it("is deterministic, lies among the differences, mirrors when the sides are swapped", () => {
    const lists = fc.array(fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: -50, max: 50 })), {
      minLength: 2,
      maxLength: 10,
    });
    fc.assert(
      fc.property(lists, fc.nat(9), (rows, seed) => {
        const [a, b] = [rows.map(([x]) => x), rows.map(([, y]) => y)];
        const options = { resamples: 200, seed };
        const there = pairedDifference(a, b, options);
        const back = pairedDifference(b, a, options);
        expect(pairedDifference(a, b, options)).toEqual(there);
        const differences = rows.map(([x, y]) => y - x);
        expect(there.low).toBeGreaterThanOrEqual(Math.min(...differences));
        expect(there.high).toBeLessThanOrEqual(Math.max(...differences));
        expect(there.low as number).toBeLessThanOrEqual(there.high as number);
        expect(back.low).toBeCloseTo(-(there.high as number), 9);
        expect(back.difference).toBeCloseTo(-there.difference, 9);
      }),
    );
  });

  it("covers the true difference about as often as it says", () => {
    const random = makeRandom(11);
    const gauss = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    let covered = 0;
    for (let trial = 0; trial < 300; trial += 1) {
      const a = Array.from({ length: 20 }, () => gauss());
      const b = a.map((value) => value + 0.5 + gauss());
      const { low, high } = pairedDifference(a, b, { resamples: 400, level: 0.9, seed: trial });
      if ((low as number) <= 0.5 && 0.5 <= (high as number)) covered += 1;
    }
    expect(covered / 300).toBeGreaterThan(0.8);
    expect(covered / 300).toBeLessThan(0.96);
  });

  it("says nothing of the spread of one pair, and refuses nonsense", () => {
    expect(pairedDifference([1], [3])).toMatchObject({ difference: 2, low: null, high: null });
    expect(() => pairedDifference([], [])).toThrow(/got 0 and 0/);
    expect(() => pairedDifference([1, 2], [1])).toThrow(/got 2 and 1/);
    expect(() => pairedDifference([1], [Number.NaN])).toThrow(/NaN/);
    expect(() => pairedDifference([1], [1], { level: 1 })).toThrow(/level/);
    expect(() => pairedDifference([1], [1], { resamples: 0 })).toThrow(/resamples/);
  });

  it("takes quantiles between neighbours", () => {
    expect(quantile([1, 2, 4], 0)).toBe(1);
    expect(quantile([1, 2, 4], 0.75)).toBe(3);
    expect(quantile([1, 2, 4], 1)).toBe(4);
  });
});

describe("comparePaired", () => {
  const options = { axes: COST_AND_ACCURACY, resamples: 500 };
  const run = (seed: number, shift: number) => ({
    seed,
    points: [makePoint(0, 10, 0.5 + shift), makePoint(1, 20, 0.7 + shift), makePoint(2, 30, 0.6)],
  });

  it("pairs by seed whatever the order, and reports what stayed without partner", () => {
    const a = [run(0, 0), run(1, 0.1), run(7, 0)];
    const b = [run(1, 0.2), run(0, 0.1)];
    const comparison = comparePaired<Point>(a, b, {
      ...options,
      budgets: [10, 25],
      reference: { x: 40, y: 0 },
    });
    expect(comparison).toMatchObject({ x: "macs", y: "accuracy", seeds: [0, 1], unpaired: 1 });
    const [area, best, within10, within25] = comparison.measures;
    expect(area).toMatchObject({ name: "hypervolume", pairs: 2 });
    // 30 * 0.5 + 20 * 0.2, and 0.1 more over 30 units of cost.
    expect(area?.mean_a).toBeCloseTo((19 + 22) / 2, 10);
    expect(area?.difference).toBeCloseTo(3, 10);
    for (const measure of [best, within10, within25]) expect(measure?.difference).toBeCloseTo(0.1, 10);
    expect(within10?.mean_a).toBeCloseTo(0.55, 10);
    expect(area?.low).toBeCloseTo(3, 9);
    expect(comparePaired<Point>(a, b, options)).toEqual(comparePaired<Point>(a, b, options));
  });

  it("takes one run a side whatever their seeds, without intervals", () => {
    const comparison = comparePaired<Point>([run(0, 0)], [run(5, 0.1)], options);
    expect(comparison.measures.every(({ low, high }) => low === null && high === null)).toBe(true);
    expect(comparison.measures.length).toBeGreaterThan(2);
  });

  it("leaves out budgets that some run cannot meet", () => {
    const comparison = comparePaired<Point>([run(0, 0)], [run(0, 0)], { ...options, budgets: [5, 15] });
    expect(comparison.measures.map(({ budget }) => budget)).toEqual([null, null, 15]);
  });

  it("refuses empty sides, repeated seeds and strangers", () => {
    const both = [run(0, 0), run(1, 0)];
    expect(() => comparePaired<Point>([], both, options)).toThrow(/first side.*no runs/);
    expect(() => comparePaired<Point>(both, [run(2, 0), run(2, 0)], options)).toThrow(/two runs with seed 2/);
    expect(() => comparePaired<Point>(both, [run(2, 0), run(3, 0)], options)).toThrow(
      /no seed is on both sides: got 0, 1 and 2, 3/,
    );
    expect(() => comparePaired<Point>([{ seed: 0, points: [] }], both, options)).toThrow(
      /no evaluated stitches/,
    );
  });
});
