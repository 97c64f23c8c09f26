/** Metrics that improve downwards: every analysis takes the direction from the metric's field. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makeBounds } from "../../../ts/analysis/bounds.js";
import { axesOf, axisLabel, fieldOf } from "../../../ts/analysis/fields.js";
import { paretoFrontier } from "../../../ts/analysis/frontier.js";
import { gainRange } from "../../../ts/analysis/gain.js";
import { hypervolume, makeReference } from "../../../ts/analysis/hypervolume.js";
import { kneeOf } from "../../../ts/analysis/knee.js";
import { comparePaired } from "../../../ts/analysis/paired-comparison.js";
import type { Axes } from "../../../ts/analysis/points.js";
import { rankScores } from "../../../ts/analysis/ranking.js";
import { gainText } from "../../../ts/analysis/report/content.js";
import { makeReport } from "../../../ts/analysis/report.js";
import type { ReportData } from "../../../ts/analysis/report-data.js";
import { selectStitch } from "../../../ts/analysis/selection.js";
import { CLASSIFICATION_METRICS, LANGUAGE_METRICS } from "../../../ts/config/schema/task.js";
import { type Point, pointsArbitrary } from "./points.js";
import { sampleReport } from "./sample-report.js";

const UP: Axes<Point> = { x: { key: "macs", better: "less" }, y: { key: "accuracy", better: "more" } };
const DOWN: Axes<Point> = { x: UP.x, y: { key: "accuracy", better: "less" } };
/** The same points with a metric of the opposite sign. */
const negated = (points: readonly Point[]): Point[] =>
  points.map((point) => ({ ...point, accuracy: -point.accuracy }));
const ids = (points: readonly Point[]) => points.map(({ id }) => id);
const someArbitrary = pointsArbitrary.filter((points) => points.length > 0);

describe("negating a metric and turning its direction changes no choice", () => {
  it("frontier and knee", () => {
    fc.assert(
      fc.property(pointsArbitrary, (points) => {
        expect(ids(paretoFrontier(negated(points), DOWN))).toEqual(ids(paretoFrontier(points, UP)));
        expect(kneeOf(negated(points), DOWN)?.point.id).toBe(kneeOf(points, UP)?.point.id);
      }),
    );
  });

  it("hypervolume and its reference", () => {
    fc.assert(
      fc.property(someArbitrary, (points) => {
        const [up, down] = [makeReference(points, UP), makeReference(negated(points), DOWN)];
        expect(down.x).toBe(up.x);
        expect(down.y + 0).toBe(-up.y + 0);
        expect(hypervolume(negated(points), down, DOWN).value).toBe(hypervolume(points, up, UP).value);
      }),
    );
  });

  it("selection, largest gain and ranking", () => {
    fc.assert(
      fc.property(someArbitrary, someArbitrary, (points, others) => {
        const limit = { macs: { max: 3 } };
        const [up, down] = [
          selectStitch(points, limit, UP.y),
          selectStitch(negated(points), limit, DOWN.y),
        ].map((selection) => (selection.found ? selection.stitch.id : selection.nearest?.id));
        expect(down).toBe(up);
        for (const which of ["largest", "smallest"] as const)
          expect(gainRange(negated(points), negated(others), DOWN)?.[which].gain).toBe(
            gainRange(points, others, UP)?.[which].gain,
          );
        const fields = { score: "macs", metric: "accuracy", interval: "params" } as const;
        expect(rankScores(negated(points), { ...fields, better: "less" })).toEqual(
          rankScores(points, { ...fields, better: "more" }),
        );
      }),
    );
  });

  it("comparison: the same measures, with differences of the opposite sign", () => {
    fc.assert(
      fc.property(someArbitrary, someArbitrary, (a, b) => {
        const run = (points: readonly Point[]) => [{ seed: 0, points }];
        const up = comparePaired(run(a), run(b), { axes: UP, resamples: 1 });
        const down = comparePaired(run(negated(a)), run(negated(b)), { axes: DOWN, resamples: 1 });
        expect(down.measures.map(({ name, budget }) => [name, budget])).toEqual(
          up.measures.map(({ name, budget }) => [name, budget]),
        );
        up.measures.forEach((measure, i) => {
          const sign = measure.name === "hypervolume" ? 1 : -1;
          expect((down.measures[i]?.difference ?? Number.NaN) + 0).toBe(sign * measure.difference + 0);
        });
      }),
    );
  });
});

describe("fields", () => {
  it("know every metric that a task may name: its direction and the value that nothing passes", () => {
    for (const metric of [...CLASSIFICATION_METRICS, ...LANGUAGE_METRICS]) {
      const { better, ideal, format } = fieldOf(metric);
      expect(ideal, metric).toBeDefined();
      expect(better, metric).toBe(format === "share" ? "more" : "less");
    }
  });

  it("say on an axis that lower is better, but not of a cost", () => {
    expect(axisLabel("perplexity")).toBe("Perplexity (lower is better)");
    expect(axisLabel("loss")).toBe("Loss (lower is better)");
    expect(axisLabel("accuracy")).toBe("Accuracy");
    expect(axisLabel("macs")).toBe("MACs");
  });

  it("write a gain in the metric's own direction", () => {
    expect(gainText(fieldOf("accuracy"), 0.012)).toBe("+1.2 points");
    expect(gainText(fieldOf("perplexity"), 1.5)).toBe("1.50 lower perplexity");
    expect(gainText(fieldOf("perplexity"), -1.5)).toBe("1.50 higher perplexity");
  });
});

describe("bounds", () => {
  const rows = [
    { macs: 10, perplexity: 30 },
    { macs: 20, perplexity: 11 },
  ];
  const axes = axesOf<(typeof rows)[number]>("macs", "perplexity");

  it("of a perplexity lie beyond the worst, and scale to no cost and a perplexity of one", () => {
    const { reference, ideal } = makeBounds(rows, axes, null);
    expect(reference.x).toBe(21);
    expect(reference.y).toBeCloseTo(30 + 0.05 * 19, 12);
    expect(ideal).toEqual({ x: 0, y: 1 });
    const { scaled } = hypervolume(rows, reference, axes, ideal);
    // By hand: two rectangles, from the dearer network on and between the two.
    const area = (21 - 20) * (reference.y - 11) + (20 - 10) * (reference.y - 30);
    expect(scaled).toBeCloseTo(area / (21 * (reference.y - 1)), 12);
  });

  it("of a choice lie at guessing where that is known, else beyond the worst", () => {
    const chosen = [
      { macs: 10, "choice-accuracy": 0.4 },
      { macs: 20, "choice-accuracy": 0.6 },
    ];
    const of = axesOf<(typeof chosen)[number]>("macs", "choice-accuracy");
    expect(makeBounds(chosen, of, 0.25)).toEqual({ reference: { x: 21, y: 0.25 }, ideal: { x: 0, y: 1 } });
    expect(makeBounds(chosen, of, null).reference.y).toBeCloseTo(0.4 - 0.05 * 0.2, 12);
  });

  it("are not scaled for a value beyond the best there is", () => {
    expect(makeBounds([{ macs: 10, perplexity: 0.5 }], axes, null).ideal).toBeNull();
  });
});

describe("a report on perplexity", () => {
  const sample = sampleReport();
  const turned = (stitch: ReportData["stitches"][number]) => ({
    ...stitch,
    metrics: Object.fromEntries(
      Object.entries(stitch.metrics).map(([split, { accuracy }]) => [
        split,
        { perplexity: 100 * (1.2 - (accuracy ?? 0)) },
      ]),
    ),
  });
  const data: ReportData = {
    ...sample,
    task: { ...sample.task, type: "instruction-tuning", metric: "perplexity", classes: null, guess: null },
    stitches: sample.stitches.map(turned),
    baselines: sample.baselines.map((run) => ({ ...run, stitches: run.stitches.map(turned) })),
  };

  it("has the frontier of the accuracies that it was made from, and the lowest as the best", () => {
    const [report, original] = [makeReport(data), makeReport(sample)];
    const frontier = (made: typeof report) => made.toJSON().derived.runs.map((run) => run.frontier);
    expect(frontier(report)).toEqual(frontier(original));
    const measured = data.stitches.flatMap(({ metrics }) => metrics.test?.perplexity ?? []);
    const best = report.toJSON().derived.runs[0]?.best;
    expect(data.stitches[best ?? -1]?.metrics.test?.perplexity).toBe(Math.min(...measured));
  });

  it("says so in words", async () => {
    const report = makeReport(data);
    for (const text of [report.toMarkdown(), await report.toHTML(), report.toString()]) {
      expect(text).toMatch(/lower perplexity at up to/);
      expect(text).toContain("Perplexity (lower is better)");
      expect(text).toContain("instruction tuning");
      expect(text).not.toContain(" classes");
    }
    expect(await report.chart.toSVG()).toContain("Perplexity (lower is better)");
  });
});
