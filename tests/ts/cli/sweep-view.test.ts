import { Chalk } from "chalk";
import { describe, expect, it } from "vitest";
import { type SweepState, sweepLines } from "../../../ts/cli/ui/sweep-view.js";
import type { EngineEvent } from "../../../ts/engine/events.js";
import { RunTracker } from "../../../ts/sdk/run-progress.js";

const options = { columns: 80, unicode: false, paint: new Chalk({ level: 0 }) };
const HEAD = { schema_version: 1, run_id: "r", time: "2026-01-01T00:00:00Z" } as const;

function progress(...events: object[]) {
  const tracker = new RunTracker();
  for (const event of events) tracker.add({ ...HEAD, ...event } as EngineEvent);
  return tracker.progress;
}

const started = {
  ...{ event: "started", command: "adapt", method: "esta", device: "cpu", threads: 1 },
  ...{ stitches: 30, steps: 1200, resumed_from_step: null },
};
const step = (number: number) => ({
  ...{ event: "step", step: number, stitches: [0], loss: 0.5, scores: [0], step_ms: 50, examples: 32 },
  time: new Date(Date.UTC(2026, 0, 1, 0, 0, number)).toISOString(),
});

const state = (running: SweepState["running"], more: Partial<SweepState> = {}): SweepState => ({
  ...{ done: 3, failed: 0, to_run: 45, seconds_left: null, running },
  ...more,
});

describe("the lines of a sweep's progress", () => {
  it("say how many runs are done, what failed, and how long the rest may take", () => {
    expect(sweepLines(state([]), options)).toEqual(["3/45 runs"]);
    expect(sweepLines(state([], { failed: 2, seconds_left: 3725 }), options)).toEqual([
      "3/45 runs   2 failed   about 1:02:05 left",
    ]);
  });

  it("have one for each run: its phase, steps and loss", () => {
    const training = progress(started, { event: "phase", phase: "train", total: 1200 }, step(1), step(2));
    const measuring = progress(started, { event: "phase", phase: "evaluate", total: 30 });
    const lines = sweepLines(
      state([
        { name: "esta, seed 0", progress: training },
        { name: "lora, seed 1", progress: measuring },
        { name: "full, seed 1", progress: progress() },
      ]),
      options,
    );
    expect(lines[1]).toBe("  esta, seed 0  training 2/1200  1.00 steps/s  loss 0.500");
    expect(lines[2]).toBe("  lora, seed 1  evaluating 0/30");
    expect(lines[3]).toBe("  full, seed 1  starting");
  });

  it("never reach the terminal's width", () => {
    const running = [{ name: "an arm of a very long name, seed 12345", progress: progress(started) }];
    for (const columns of [1, 12, 40, 200]) {
      for (const line of sweepLines(state(running), { ...options, columns })) {
        expect([...line].length).toBeLessThanOrEqual(Math.max(1, columns - 1));
      }
    }
  });
});
