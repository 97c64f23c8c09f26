/** The progress block: as wide as the terminal lets it be, ASCII where it must, redrawn without a trace. */
import { Chalk } from "chalk";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LiveBlock } from "../../../ts/cli/ui/live-block.js";
import { progressLines } from "../../../ts/cli/ui/progress-view.js";
import { roughTime } from "../../../ts/cli/ui/rough.js";
import { canRedraw, cutTo, hasUnicode } from "../../../ts/cli/ui/terminal.js";
import { clock, progressLine } from "../../../ts/sdk/progress-words.js";
import { type RunProgress, RunTracker } from "../../../ts/sdk/run-progress.js";
import { Screen } from "./screen.js";

const plain = new Chalk({ level: 0 });
const training: RunProgress = {
  ...new RunTracker().progress,
  ...{ state: "running", phase: "train", step: 612, done: 612, steps: 1500, total: 1500, loss: 0.5324 },
  ...{ steps_per_second: 14.23, seconds_left: 63, checkpoint_step: 600 },
  ...{ draw_shares: [0.09, 0.16, 0.34, 0.28, 0.13], sampling_shares: [0.2, 0.2, 0.2, 0.2, 0.2] },
};
const view = (progress: RunProgress, columns: number, unicode = true) =>
  progressLines(progress, { columns, unicode, paint: plain, now: 0 });

describe("the view", () => {
  test("of training, on a usual terminal", () => {
    expect(view(training, 80)).toEqual([
      `training  ${"━".repeat(21)}${"─".repeat(31)}  612/1500  40 %`,
      "  14.2 steps/s   1:03 left   loss 0.532   checkpoint 600",
      "  draws by cost  ▃▄█▇▄  9 16 34 28 13 %",
      "  sampling now   █████  20 20 20 20 20 %",
    ]);
  });

  test("without Unicode has only ASCII", () => {
    for (const columns of [20, 40, 80, 200]) {
      for (const line of view(training, columns, false)) expect(line).toMatch(/^[\x20-\x7e]*$/);
    }
  });

  test("is narrower than the terminal, whatever its width and the run", () => {
    const some = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: null });
    const share = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 30 });
    const progress = fc.record({
      phase: some(fc.constantFrom("load", "train", "evaluate", "write")),
      ...{ done: fc.nat(1e6), total: some(fc.nat(1e6)), steps: some(fc.nat(1e6)) },
      ...{
        loss: some(fc.double()),
        steps_per_second: some(fc.double({ min: 0.001, max: 1e5, noNaN: true })),
      },
      ...{ seconds_left: some(fc.double()), draw_shares: some(share), sampling_shares: some(share) },
    });
    fc.assert(
      fc.property(progress, fc.integer({ min: 2, max: 200 }), fc.boolean(), (change, columns, unicode) => {
        const lines = view({ ...training, ...change } as RunProgress, columns, unicode);
        expect(lines.length).toBeLessThanOrEqual(4);
        for (const line of lines) expect([...line].length).toBeLessThan(columns);
      }),
    );
  });

  test("of other phases: a clock, or how far it is and the best so far", () => {
    const since = { phase_began: "1970-01-01T00:00:00Z" };
    const loading = { ...training, ...since, phase: "load" as const, total: null };
    expect(progressLines(loading, { columns: 80, unicode: true, paint: plain, now: 65_000 })).toEqual([
      "loading the anchors  1:05",
    ]);
    const best = { stitch: 12, metric: "accuracy", value: 0.875 };
    const measured = { split: "test", stitches: 4, on_frontier: 3, best };
    const evaluating = { ...training, phase: "evaluate" as const, done: 4, total: 16, measured };
    const [bar, line] = view({ ...evaluating, seconds_left: null }, 60);
    expect(bar).toMatch(/^evaluating {2}━+─+ {2}4\/16 {2}25 %$/);
    expect(line).toBe("  test: 3 on the frontier so far, best accuracy 87.5 % (st…");
    expect(view(evaluating, 60)[1]).toBe("  1:03 left   test: 3 on the frontier so far, best accurac…");
    const measuring = { ...evaluating, phase: "measure" as const, measured: null };
    expect(view(measuring, 60)[1]).toBe("  1:03 left");
  });

  test("for a log is one line", () => {
    expect(progressLine(training)).toBe(
      "training 612/1500 (40 %)  14.2 steps/s  1:03 left  loss 0.532  checkpoint 600",
    );
    const evaluating = { ...training, phase: "evaluate" as const, done: 4, total: 16 };
    expect(progressLine(evaluating)).toBe("evaluating 4/16 (25 %)  1:03 left");
    expect(progressLine({ ...training, phase: "load" })).toBe("loading the anchors");
  });
});

describe("the block", () => {
  const frame = fc.array(fc.stringMatching(/^[a-z ]{0,30}$/), { minLength: 1, maxLength: 4 });

  test("shows its last frame and leaves what stood above alone, also when the terminal is resized", () => {
    const moves = fc.array(
      fc.record({ frame, columns: fc.option(fc.integer({ min: 31, max: 60 })), clear: fc.boolean() }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(moves, frame, (list, last) => {
        const screen = new Screen(60, 40);
        screen.write("above\n");
        const block = new LiveBlock(screen);
        for (const { frame: lines, columns, clear } of list) {
          block.draw(lines);
          if (columns !== null) screen.resize(columns);
          if (clear) block.clear();
        }
        block.draw(last);
        expect(screen.text).toBe(["above", ...last.map((line) => line.trimEnd())].join("\n").trimEnd());
        block.clear();
        expect(screen.text).toBe("above");
      }),
    );
  });

  test("made narrower than its lines, it still goes without a trace", () => {
    const screen = new Screen(60, 40);
    screen.write("above\n");
    const block = new LiveBlock(screen);
    block.draw(["x".repeat(50), "y".repeat(45), "z"]);
    screen.resize(20);
    block.draw(["short"]);
    expect(screen.text).toBe("above\nshort");
  });

  test("writes nothing where nothing changed, and one chunk where something did", () => {
    const writes: string[] = [];
    const block = new LiveBlock({ columns: 80, write: (text: string) => writes.push(text) });
    block.draw(["a", "b"]);
    block.draw(["a", "b"]);
    block.draw(["a", "c"]);
    expect(writes).toHaveLength(2);
  });
});

describe("what a terminal can do", () => {
  test.each([
    [{ LANG: "C" }, false],
    [{ LANG: "POSIX" }, false],
    [{ LANG: "en_GB.UTF-8" }, true],
    [{ LANG: "en_GB.utf8", LC_ALL: "C" }, false],
    [{ LANG: "C", LC_ALL: "C.UTF-8" }, true],
    [{ LANG: "C.UTF-8", TERM: "linux" }, false],
    [{}, true],
  ])("%j: Unicode %s", (env, expected) => {
    expect(hasUnicode(env)).toBe(expected);
  });

  test("a pipe is not redrawn", () => {
    if (process.stderr.isTTY) return;
    expect(canRedraw({})).toBe(false);
  });

  test("text is cut with a mark", () => {
    expect(cutTo("abcdef", 6, true)).toBe("abcdef");
    expect(cutTo("abcdef", 4, true)).toBe("abc…");
    expect(cutTo("abcdef", 4, false)).toBe("abc~");
    expect(cutTo("abcdef", 0, true)).toHaveLength(1);
  });
});

test.each([
  [5, "under a minute"],
  [60, "about 1 min"],
  [60 * 47, "about 45 min"],
  [3600 * 3, "about 3 h"],
  [86_400 * 12, "about 10 days"],
  [null, "unknown"],
])("%s s is %s", (seconds, text) => {
  expect(roughTime(seconds)).toBe(text);
});

test("a clock has hours only where there are any", () => {
  expect([0, 65, 3599.6, 7384].map(clock)).toEqual(["0:00", "1:05", "1:00:00", "2:03:04"]);
});
