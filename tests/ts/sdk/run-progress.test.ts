/** Progress from events alone, held to a recount from scratch. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EngineEvent } from "../../../ts/engine/events.js";
import { makeFamilyPlan } from "../../../ts/sdk/make-family-plan.js";
import { type RunProgress, RunTracker } from "../../../ts/sdk/run-progress.js";

const plan = await makeFamilyPlan("tiny-vit");
const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + 1000 * seconds).toISOString();
const head = (seconds: number) => ({ schema_version: 1 as const, run_id: "r", time: at(seconds) });

const started = (seconds: number, more: object = {}): EngineEvent => ({
  ...head(seconds),
  event: "started",
  ...{ command: "adapt", method: "esta", device: "cpu", threads: 1 },
  ...{ stitches: plan.stitches.length, steps: 100, resumed_from_step: null },
  ...more,
});
const phase = (seconds: number, name: "train" | "evaluate", total: number): EngineEvent => ({
  ...head(seconds),
  event: "phase",
  phase: name,
  total,
});
const step = (seconds: number, number: number, stitches: number[], more: object = {}): EngineEvent => ({
  ...head(seconds),
  event: "step",
  ...{ step: number, stitches, loss: 1, scores: stitches.map(() => 0), learning_rate_factor: 1 },
  ...{ gradient_norm: 1, step_ms: 100, examples: 8 },
  ...more,
});
const evaluated = (seconds: number, stitch: number, accuracy: number, split = "test"): EngineEvent => ({
  ...head(seconds),
  event: "stitch_evaluated",
  ...{ stitch, split, metrics: { accuracy }, examples: 10, evaluate_ms: 1 },
});

function progressAfter(...events: EngineEvent[]): RunProgress {
  const tracker = new RunTracker(plan);
  for (const event of events) tracker.add(event);
  return tracker.progress;
}

test("before any event a run waits", () => {
  expect(progressAfter()).toMatchObject({
    state: "waiting",
    phase: null,
    step: 0,
    steps: null,
    draw_shares: null,
  });
});

describe("training", () => {
  test("rate and time left come from the events' own times", () => {
    const progress = progressAfter(
      started(0),
      phase(10, "train", 100),
      step(12, 1, [0]),
      step(14, 2, [0]),
      step(16, 3, [0]),
    );
    expect(progress.steps_per_second).toBeCloseTo(0.5);
    expect(progress.seconds_left).toBeCloseTo(97 / 0.5);
    expect(progress).toMatchObject({ phase: "train", step: 3, steps: 100, done: 3, state: "running" });
  });

  test("the rate forgets what is long past: a slow start, and the pause before a resume", () => {
    const slow = [step(100, 1, [0]), step(200, 2, [0])];
    const fast = Array.from({ length: 60 }, (_, i) => step(200 + (i + 1) / 10, i + 3, [0]));
    expect(progressAfter(started(0), phase(0, "train", 100), ...slow, ...fast).steps_per_second).toBeCloseTo(
      10,
    );
    const resumed = [started(9000, { command: "resume", resumed_from_step: 2 }), phase(9001, "train", 100)];
    const progress = progressAfter(
      started(0),
      phase(0, "train", 100),
      ...slow,
      ...resumed,
      step(9002, 3, [0]),
    );
    expect(progress.steps_per_second).toBeCloseTo(1);
    expect(progress).toMatchObject({ step: 3, checkpoint_step: 2 });
  });

  test("draws by interval are those of the steps as last taken, however often a run fell back", () => {
    const ids = plan.stitches.map(({ id }) => id);
    const arbitrary = fc.array(
      fc.record({
        back: fc.integer({ min: 0, max: 5 }),
        stitches: fc.array(fc.constantFrom(...ids), { minLength: 1, maxLength: 3 }),
      }),
      { minLength: 1, maxLength: 40 },
    );
    fc.assert(
      fc.property(arbitrary, (moves) => {
        const last = new Map<number, number[]>();
        const events: EngineEvent[] = [];
        let now = 0;
        for (const { back, stitches } of moves) {
          now = Math.max(1, now + 1 - back);
          for (const key of [...last.keys()]) if (key >= now) last.delete(key);
          last.set(now, stitches);
          events.push(step(events.length, now, stitches));
        }
        const counts = plan.intervals.map(() => 0);
        for (const id of [...last.values()].flat()) {
          const interval = plan.stitches[id]?.interval ?? 0;
          counts[interval] = (counts[interval] ?? 0) + 1;
        }
        const total = counts.reduce((sum, count) => sum + count, 0);
        const shares = progressAfter(started(0), phase(0, "train", 100), ...events).draw_shares;
        expect(shares).toEqual(counts.map((count) => count / total));
      }),
    );
  });

  test("sampling shares are the probabilities summed by interval", () => {
    const probabilities = plan.stitches.map(
      (_, id) => (id + 1) / ((plan.stitches.length * (plan.stitches.length + 1)) / 2),
    );
    const shares = progressAfter(started(0), step(1, 1, [0], { probabilities })).sampling_shares ?? [];
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1);
    const own = plan.stitches
      .filter(({ interval }) => interval === 2)
      .reduce((sum, { id }) => sum + (probabilities[id] ?? 0), 0);
    expect(shares[2]).toBeCloseTo(own);
  });

  test("a loss that was not finite leaves the average as it was", () => {
    expect(
      progressAfter(started(0), step(1, 1, [0], { loss: 2 }), step(2, 2, [0], { loss: null })).loss,
    ).toBe(2);
  });
});

test("evaluation: the frontier so far, of the split at hand", () => {
  const events = [started(0), phase(1, "evaluate", 4), evaluated(2, 0, 0.5, "validation")];
  expect(progressAfter(...events).measured).toMatchObject({
    split: "validation",
    stitches: 1,
    on_frontier: 1,
  });
  // Stitch 0 is the cheapest anchor, 2 the dearest.
  const more = [evaluated(3, 0, 0.6), evaluated(4, 1, 0.55), evaluated(5, 2, 0.9)];
  const progress = progressAfter(...events, ...more);
  expect(progress.measured).toEqual({
    split: "test",
    stitches: 3,
    on_frontier: 2,
    best: { stitch: 2, metric: "accuracy", value: 0.9 },
  });
  expect(progress).toMatchObject({ done: 4, total: 4 });
});

test("what is counted besides steps has its time left by what the phase took so far", () => {
  const events = [started(0), phase(10, "evaluate", 4), evaluated(12, 0, 0.5), evaluated(16, 1, 0.6)];
  expect(progressAfter(...events).seconds_left).toBeCloseTo(6);
  const round = (seconds: number, number: number): EngineEvent => ({
    ...head(seconds),
    event: "round",
    ...{ round: number, rounds: 8 },
  });
  const measuring: EngineEvent = { ...head(0), event: "phase", phase: "measure", total: 8 };
  const latency = started(0, { command: "latency" });
  const progress = progressAfter(latency, measuring, round(1, 1), round(2, 2));
  expect(progress).toMatchObject({ state: "running", phase: "measure", done: 2, total: 8, seconds_left: 6 });
  expect(progressAfter(started(0), phase(1, "evaluate", 4)).seconds_left).toBeNull();
});

test("a run that is gone on with is no longer ended, and an evaluation keeps what training came to", () => {
  const stopped: EngineEvent = {
    ...head(5),
    event: "stopped",
    signal: "SIGINT",
    step: 1,
    checkpoint_step: 1,
  };
  expect(progressAfter(started(0), step(1, 1, [0]), stopped)).toMatchObject({
    state: "stopped",
    end: stopped,
  });
  expect(
    progressAfter(started(0), stopped, started(9, { command: "resume", resumed_from_step: 1 })),
  ).toMatchObject({
    state: "running",
    end: null,
  });
  const evaluation = started(9, { command: "evaluate" });
  const checkpoint: EngineEvent = { ...head(2), event: "checkpoint", step: 1, write_ms: 1 };
  expect(progressAfter(started(0), step(1, 1, [0]), checkpoint, evaluation)).toMatchObject({
    step: 1,
    checkpoint_step: 1,
    command: "evaluate",
  });
});

test("is the same for the same events", () => {
  const events = [started(0), phase(0, "train", 9), step(1, 1, [3]), step(2, 2, [7])];
  expect(progressAfter(...events)).toEqual(progressAfter(...events));
});
