import { describe, expect, it } from "vitest";
import type { ComparedStitch } from "../../../ts/analysis/comparison/data.js";
import { makeComparison } from "../../../ts/analysis/comparison.js";
import { hypervolume } from "../../../ts/analysis/hypervolume.js";
import { type SampleArm, sampleComparison } from "./sample-comparison.js";

const ARMS: SampleArm[] = [
  { name: "esta", shift: 0 },
  { name: "worse", shift: -0.05 },
  { name: "timed", shift: 0.01, steps: 200, same_time_as: "esta" },
  { name: "longer", shift: 0.02, steps: 900 },
];

describe("a comparison", () => {
  const comparison = makeComparison(sampleComparison(ARMS));
  const arm = (name: string) => comparison.summary.arms.find((one) => one.arm.name === name);

  it("measures the palettes with one reference for all: 1.05 times the dearest, and guessing", () => {
    const { reference, ideal, axes } = comparison.summary;
    expect(reference).toEqual({ x: 12.6e6, y: 0.1 });
    for (const { arm: own, runs } of comparison.summary.arms) {
      for (const [i, run] of runs.entries()) {
        const kept = own.runs[i]?.stitches.filter(({ in_palette }) => in_palette) ?? [];
        expect(run.palette).toHaveLength(5);
        expect(run.hypervolume).toBe(hypervolume(kept, reference, axes, ideal).scaled);
        expect(run.hypervolume_all as number).toBeGreaterThan(run.hypervolume);
      }
    }
  });

  it("pairs by seed, arm minus reference, and puts each arm where its budget belongs", () => {
    const of = (name: string, measure: string) =>
      arm(name)?.paired?.measures.find((one) => one.name === measure)?.difference;
    expect(of("worse", "best")).toBeCloseTo(-0.05, 12);
    expect(of("longer", "best")).toBeCloseTo(0.02, 12);
    expect(of("worse", "hypervolume")).toBeLessThan(0);
    expect(arm("esta")?.paired).toBeNull();
    expect(ARMS.map(({ name }) => arm(name)?.view)).toEqual(["reference", "steps", "time", "other"]);
    const text = comparison.toString();
    for (const title of ["At equal steps", "At equal training time", "At other budgets"]) {
      expect(text).toContain(title);
    }
  });

  it("ranks each score over the stitches that are not always kept", () => {
    const [run] = arm("esta")?.runs ?? [];
    const tau = (name: string) => run?.rankings.find(({ score }) => score === name)?.ranking;
    expect(run?.rankings.map(({ score }) => score)).toEqual(["snip", "noise"]);
    expect(tau("snip")?.tau).toBe(1);
    expect(tau("snip")?.regret).toBe(0);
    expect(tau("noise")?.tau).toBeLessThan(1);
    expect(tau("snip")?.intervals.map(({ stitches }) => stitches)).toEqual([2, 4, 4]);
    expect(run?.choice?.share_of_best).toBeLessThanOrEqual(1);
  });

  it("says nothing of the choice where only palettes were measured, nor of intervals of single pairs", () => {
    const data = sampleComparison([
      { name: "esta", shift: 0, seeds: [4], isPartial: true },
      { name: "worse", shift: -0.1, seeds: [9], isPartial: true },
    ]);
    const few = makeComparison({ ...data, task: { ...data.task, drawn_by_seed: false } });
    expect(few.summary.arms[0]?.runs[0]).toMatchObject({ choice: null, hypervolume_all: null, rankings: [] });
    const measure = few.summary.arms[1]?.paired?.measures[0];
    expect(measure).toMatchObject({ pairs: 1, low: null, high: null });
    expect(few.toString()).not.toContain("Kendall");
    expect(few.toString()).toContain("no intervals");
  });

  it("sets the reference beside the same stitches tuned one by one", () => {
    const beside = makeComparison(
      sampleComparison([
        { name: "esta", shift: 0 },
        { name: "alone", shift: 0.05, steps: 500, method: "lora", seeds: [1, 2, 5], isPartial: true },
        { name: "same", shift: 0, isPartial: true },
      ]),
    );
    const [, alone, same] = beside.summary.arms;
    const { reference, axes } = beside.summary;
    const area = (arm: number, seed: number) => {
      const run = beside.data.arms[arm]?.runs.find((one) => one.seed === seed);
      const kept = run?.stitches.filter(({ in_palette }) => in_palette) ?? [];
      return hypervolume(kept, reference, axes).value;
    };
    expect(alone?.same_stitches?.stitches).toBe(5);
    expect(alone?.same_stitches?.shares).toEqual([1, 2].map((seed) => area(0, seed) / area(1, seed)));
    // 300 steps for all twelve, instead of 100 for each.
    expect(alone?.same_stitches?.steps_share).toBeCloseTo(300 / 1200, 12);
    expect(same?.same_stitches).toBeNull();
    expect(beside.toString()).toContain("esta beside its own stitches tuned one by one");
  });

  it("leaves a difference out where no seed is on both sides", () => {
    const strangers = makeComparison(
      sampleComparison([
        { name: "esta", shift: 0, seeds: [0, 1] },
        { name: "other", shift: 0, seeds: [2, 3] },
      ]),
    );
    expect(strangers.summary.arms[1]?.paired).toBeNull();
    expect(strangers.differences).toBeNull();
    expect(strangers.toString()).toContain("other has no seed in common");
  });

  it("pairs no single runs of other seeds where the seed draws what was measured on, and says so", () => {
    const data = sampleComparison([
      { name: "esta", shift: 0, seeds: [4] },
      { name: "other", shift: 0, seeds: [9] },
    ]);
    const strangers = makeComparison(data);
    expect(strangers.summary.arms[1]?.paired).toBeNull();
    expect(strangers.toString().replaceAll(/\s+/g, " ")).toContain(
      "The seed draws the test part: their figures are of other examples.",
    );
  });

  it("refuses an unknown reference, nothing, and a run without measurements", () => {
    expect(() => makeComparison(sampleComparison(ARMS, "nobody"))).toThrow(
      /no arm "nobody".*allowed: esta, worse/,
    );
    expect(() => makeComparison(sampleComparison([]))).toThrow(/no finished runs/);
    const data = sampleComparison(ARMS);
    expect(() =>
      makeComparison({ ...data, split: "validation", task: { ...data.task, metric: "f2" } }),
    ).toThrow(/has no f2 on the validation split/);
  });

  it("writes differences of a metric that improves downwards with their own sign, and says which way is better", () => {
    const { task, arms, ...rest } = sampleComparison(ARMS);
    const asPerplexity = ({ accuracy, ...stitch }: ComparedStitch) =>
      typeof accuracy === "number" ? { ...stitch, perplexity: 20 - 10 * accuracy } : stitch;
    const down = makeComparison({
      ...rest,
      task: { ...task, type: "instruction-tuning", metric: "perplexity", classes: null, guess: null },
      arms: arms.map((arm) => ({
        ...arm,
        runs: arm.runs.map((run) => ({ ...run, stitches: run.stitches.map(asPerplexity) })),
      })),
    });
    const text = down.toString();
    expect(text).toContain("Best perplexity (lower is better)");
    expect(text).toContain("Difference of the best perplexity (lower is better) within a budget");
    // 0.05 less accurate: a perplexity that is 0.5 above, and a smaller hypervolume.
    expect(text).toMatch(/^ *worse .*−0\.\d+ .* \+0\.500 /m);
    expect(text).toMatch(/^ *longer .*\+0\.\d+ .* −0\.200 /m);
    expect(text).toContain("to no cost and 1;");
    expect(text).not.toContain("100 %;");
  });

  it("is small as JSON, and the same each time", () => {
    const json = comparison.toJSON();
    expect(JSON.stringify(json)).toBe(JSON.stringify(makeComparison(sampleComparison(ARMS)).toJSON()));
    expect(json.arms[0]?.runs[0]?.palette[0]).toEqual({
      id: 0,
      macs: 1e6,
      accuracy: expect.any(Number),
    });
    expect(json.arms[1]?.mean).toMatchObject({ networks: 5, steps: 300, training_seconds: 15 });
    expect(JSON.stringify(json)).not.toContain("stitch-");
  });

  it("is a page that refers to nothing outside itself and escapes what it was given", async () => {
    const page = await comparison.toHTML();
    expect(page).not.toMatch(/<(?:script|link|img|iframe)[^>]+(?:src|href)\s*=\s*["']?(?:https?:)?\/\//i);
    expect(page).not.toContain("<b>x</b>");
    expect(page.match(/data-chart/g)?.length).toBeGreaterThanOrEqual(2);
    const markdown = comparison.toMarkdown();
    for (const title of ["## At equal steps", "## The choice", "## Scores", "## Cost", "## Sweep"]) {
      expect(markdown).toContain(title);
    }
  });
});
