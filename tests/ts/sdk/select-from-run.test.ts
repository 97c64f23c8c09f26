/** Selection by each cost and by several at once, against filtering by hand; latencies of one setting only. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Evaluation, Latency, Palette } from "../../../ts/engine/run-files.js";
import { latenciesOf } from "../../../ts/sdk/latencies.js";
import { makeFamilyPlan } from "../../../ts/sdk/make-family-plan.js";
import { costField, measuredStitches } from "../../../ts/sdk/measured.js";
import type { Run } from "../../../ts/sdk/open-run.js";
import { selectFromRun } from "../../../ts/sdk/select-from-run.js";

const plan = await makeFamilyPlan("tiny-vit");
const ids = plan.stitches.map(({ id }) => id);

function latency(stitch: number, median_ms: number, more: Partial<Latency> = {}): Latency {
  const setting = { device: "cpu", device_name: "x", threads: 1, batch_size: 1, tokens: 17 };
  const times = { repeats: 20, median_ms, low_ms: median_ms, high_ms: median_ms, time: "t" };
  return { schema_version: 1, stitch, ...setting, ...times, ...more };
}

/** A finished run in which every stitch is kept and was evaluated. */
function runWith(accuracies: readonly number[], latencies: readonly Latency[]): Run {
  const evaluations = ids.map(
    (stitch): Evaluation => ({
      ...{ schema_version: 1, stitch, split: "validation" },
      ...{ metrics: { accuracy: accuracies[stitch] ?? 0 }, examples: 10 },
    }),
  );
  const stitches = plan.stitches.map((stitch) => ({ ...stitch, score: 0, draws: 1, metrics: {} }));
  const palette = { schema_version: 1, method: "esta", score: "snip", anchors: [], stitches };
  return {
    ...{ folder: "runs/x", plan, evaluations, latencies, environment: undefined },
    palette: palette as unknown as Palette,
    events: async () => [],
    samples: async () => [],
  };
}

const accuracies = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: ids.length, maxLength: ids.length });
const times = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: ids.length, maxLength: ids.length });
const share = fc.option(fc.double({ min: 0, max: 1.2, noNaN: true }), { nil: undefined });

describe("the best within a budget", () => {
  test("is that of filtering by every limit, on ties the cheapest on the limit that comes first", () => {
    fc.assert(
      fc.property(accuracies, times, share, share, share, (values, medians, macs, memory, time) => {
        const run = runWith(
          values,
          ids.map((id) => latency(id, medians[id] ?? 1)),
        );
        const most = (key: "macs" | "memory_bytes") =>
          Math.max(...plan.stitches.map((stitch) => stitch[key]));
        const budget = {
          max_macs: macs === undefined ? undefined : macs * most("macs"),
          max_memory_bytes: memory === undefined ? undefined : memory * most("memory_bytes"),
          max_latency_ms: time === undefined ? undefined : time * 9,
        };
        const fitting = plan.stitches.filter(
          ({ id, macs, memory_bytes }) =>
            macs <= (budget.max_macs ?? Infinity) &&
            memory_bytes <= (budget.max_memory_bytes ?? Infinity) &&
            (medians[id] ?? 1) <= (budget.max_latency_ms ?? Infinity),
        );
        const cost = (stitch: (typeof fitting)[number]) => {
          if (budget.max_macs !== undefined) return stitch.macs;
          if (budget.max_latency_ms !== undefined) return medians[stitch.id] ?? 1;
          return budget.max_memory_bytes === undefined ? stitch.macs : stitch.memory_bytes;
        };
        const [best] = fitting.sort(
          (a, b) => (values[b.id] ?? 0) - (values[a.id] ?? 0) || cost(a) - cost(b) || a.id - b.id,
        );
        const { selection } = selectFromRun(run, budget);
        expect(selection.found ? selection.stitch.id : undefined).toBe(best?.id);
      }),
    );
  });

  test("passes over stitches whose latency is not known, and says which", () => {
    const run = runWith(ids, [latency(0, 1), latency(1, 2)]);
    const { selection, unmeasured } = selectFromRun(run, { max_latency_ms: 5 });
    expect(selection).toMatchObject({ found: true, stitch: { id: 1, latency_ms: 2 } });
    expect(unmeasured).toEqual(ids.slice(2));
    expect(selectFromRun(run, { max_macs: 1e12 }).unmeasured).toEqual([]);
  });

  test("by a latency that nobody measured is refused, with what measures it", () => {
    const run = runWith(ids, []);
    expect(() => selectFromRun(run, { max_latency_ms: 5 })).toThrow(/no latency was measured in runs\/x/);
    expect(() => costField(run, "latency")).toThrow(/no latency was measured/);
    expect(costField(run, "memory")).toBe("memory_bytes");
    const small = runWith(ids, [latency(0, 1)]);
    expect(() => selectFromRun(small, { max_latency_ms: 5 }, { batchSize: 32 })).toThrow(
      /with batches of 32/,
    );
  });
});

describe("latencies", () => {
  test("are those of the last setting, the newest of each stitch", () => {
    const other = { device: "cuda", device_name: "y" };
    const lines = [
      ...[latency(0, 9, other), latency(1, 1), latency(0, 2), latency(2, 7, { batch_size: 8 })],
      ...[latency(0, 3), latency(3, 8, other), latency(1, 4, { threads: 1 })],
    ];
    const run = { latencies: lines };
    expect([...(latenciesOf(run)?.median_ms ?? [])]).toEqual([
      [1, 4],
      [0, 3],
    ]);
    expect(latenciesOf(run)?.setting).toMatchObject({ device: "cpu", batch_size: 1 });
    expect([...(latenciesOf(run, 8)?.median_ms ?? [])]).toEqual([[2, 7]]);
    expect(latenciesOf(run, 16)).toBeUndefined();
    expect(latenciesOf({ latencies: [] })).toBeUndefined();
  });

  test("stand in the rows of the stitches that have one, and nowhere else", () => {
    const rows = measuredStitches(runWith(ids, [latency(2, 3)]), "validation");
    expect(rows.map(({ latency_ms }) => latency_ms)).toEqual(ids.map((id) => (id === 2 ? 3 : undefined)));
    expect(rows.every(({ id, memory_bytes }) => memory_bytes === plan.stitches[id]?.memory_bytes)).toBe(true);
  });
});
