/** `esta compare` over run folders and over a sweep file: what fails, what is kept, what goes on. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { ComparisonJson } from "../../ts/analysis/comparison/json.js";
import { trainingLossScores } from "../../ts/analysis/training-history.js";
import { openRun } from "../../ts/sdk/open-run.js";
import { scratch } from "../scratch.js";
import { DIGITS, esta, QUICK, startEsta } from "./cli.js";

const folder = scratch();
const runs = join(folder, "runs");
const sweep = join(folder, "sweep.yaml");
const args = ["compare", sweep, "--workers", "2", ...QUICK, "--run-dir", runs];

/** Two arms that finish, and one whose loss cannot stay finite. */
const SWEEP = `version: 1
title: Small
base: ${JSON.stringify(DIGITS)}
seeds: [3]
evaluate: all
arms:
  esta:
  loss: {set: {method.importance.score: training-loss, method.importance.also: [snip, kl-to-largest]}}
  broken: {set: {method.head.learning_rate: 1.0e+30, training.clip_norm: null}}
`;

/** The folder of an arm's one run. */
function cellOf(arm: string): string {
  const [cell = ""] = readdirSync(join(runs, arm));
  return join(runs, arm, cell);
}

const eventsOf = (arm: string): string => readFileSync(join(cellOf(arm), "events.ndjson"), "utf8");

let first: Awaited<ReturnType<typeof esta>>;

beforeAll(async () => {
  writeFileSync(sweep, SWEEP);
  first = await esta([...args, "--json", "--out", join(folder, "out.html"), "--out", join(folder, "out.md")]);
}, 400_000);

describe("a sweep", () => {
  test("runs all cells, reports the one that failed, and compares the others", () => {
    expect(first.code).toBe(4);
    const json = JSON.parse(first.stdout) as ComparisonJson;
    expect(json.arms.map(({ name }) => name)).toEqual(["esta", "loss"]);
    expect(json.notes.join(" ")).toContain("did not finish: broken with seed 3");
    for (const { runs: own } of json.arms) {
      expect(own.map(({ seed }) => seed)).toEqual([3]);
      expect(own[0]?.choice?.share_of_best).toBeLessThanOrEqual(1);
      expect(own[0]?.cost).toMatchObject({ steps: 8 });
      expect(own[0]?.cost.stored_bytes).toBeGreaterThan(0);
    }
    // The running training loss is told by every run's steps, beside the score that chose; others where asked for.
    const scores = json.arms[0]?.runs[0]?.rankings.map(({ score }) => score);
    expect(scores).toEqual(["final-training-loss", "training-loss"]);
    const [loss] = json.arms[1]?.runs ?? [];
    expect(loss?.rankings.map(({ score }) => score)).toEqual(["training-loss", "snip", "kl-to-largest"]);
    const ranked = loss?.rankings.map(({ ranking }) => ranking.intervals.flatMap((one) => one.stitches));
    const [drawn = 0, , every = 0] =
      ranked?.map((counts) => counts.reduce((sum, count) => sum + count, 0)) ?? [];
    expect(every).toBeGreaterThan(drawn); // only what is taken after training knows stitches never drawn
    expect(json.arms[1]?.paired?.measures[0]).toMatchObject({ name: "hypervolume", pairs: 1, low: null });
    expect(readFileSync(join(folder, "out.html"), "utf8")).toContain("estakit comparison");
    expect(readFileSync(join(folder, "out.md"), "utf8")).toContain("## At equal steps");
  });

  test("finds the running training loss of each stitch in the steps as the engine found it", async () => {
    const events = await (await openRun(cellOf("loss"))).events();
    const chosen = events.find((event) => event.event === "palette_chosen");
    const derived = trainingLossScores(
      events.filter((event) => event.event === "step"),
      0.9,
    );
    expect(chosen?.score).toBe("training-loss");
    for (const [id, score] of chosen?.scores.entries() ?? []) {
      if (score === null) expect(derived?.has(id)).toBe(false);
      else expect(derived?.get(id)).toBeCloseTo(score, 9);
    }
    expect(derived?.size).toBeGreaterThan(1);
  });

  test("keeps what is finished, goes on with what is not, and tries again what failed", async () => {
    const [kept, lost] = [eventsOf("esta"), eventsOf("loss")];
    // As if it had been killed after its last checkpoint.
    rmSync(join(cellOf("loss"), "palette"), { recursive: true });
    const again = await esta(args);
    expect(again.code).toBe(4);
    expect(again.stderr).toContain("3 runs: 1 finished before, 2 to run");
    expect(again.stderr).toMatch(/resumed +loss, seed 3/);
    expect(again.stderr).toMatch(/failed +broken, seed 3.*\n.*not finite/);
    expect(again.stdout).toMatch(/At equal steps/);
    expect(eventsOf("esta")).toBe(kept);
    expect(eventsOf("loss").startsWith(lost)).toBe(true);
    expect(existsSync(join(cellOf("loss"), "palette", "palette.json"))).toBe(true);
  }, 400_000);

  test("whose arms could not be compared is refused before anything runs", async () => {
    const file = join(folder, "unlike.yaml");
    writeFileSync(file, SWEEP.replace(/broken: .*/, "other: {set: {task.metric: macro-f1}}"));
    const unlike = join(folder, "unlike");
    const { code, stderr } = await esta(["compare", file, ...QUICK, "--run-dir", unlike]);
    expect(stderr).toMatch(/differ in metric: arm esta has accuracy, arm other macro-f1/);
    expect({ code, begun: existsSync(unlike) }).toEqual({ code: 2, begun: false });
  });

  /** Runs far too many steps, and presses Ctrl-C once stderr has `sign`. */
  async function interrupted(name: string, sign: string, ...more: string[]) {
    const long = ["compare", sweep, "--workers", "2", ...QUICK, "--run-dir", join(folder, name)];
    const running = startEsta([...long, "--set", "training.steps=5000", ...more]);
    let seen = "";
    running.stderr?.on("data", (chunk) => {
      const before = seen.includes(sign);
      seen += String(chunk);
      if (!before && seen.includes(sign)) setTimeout(() => running.kill("SIGINT"), 500).unref();
    });
    const { exitCode, stderr } = await running;
    return { exitCode, stderr: String(stderr) };
  }

  test("is stopped by Ctrl-C with a hint, and begins nothing after it", async () => {
    const { exitCode, stderr } = await interrupted("long", "started");
    expect(exitCode).toBe(130);
    expect(stderr).toMatch(/stopped by SIGINT: 3 runs are left; go on with: esta compare .*--run-dir .*long/);
  }, 400_000);

  test("is as stopped by Ctrl-C as ever where a run failed before it", async () => {
    const { exitCode, stderr } = await interrupted(
      "failed",
      "not finite",
      "--arm",
      "esta",
      "--arm",
      "broken",
    );
    expect(stderr).toMatch(/failed +broken/);
    expect(stderr).toMatch(/stopped by SIGINT: 1 run is left/);
    expect(exitCode).toBe(130);
  }, 400_000);
});

describe("run folders", () => {
  test("are grouped by setting, one run a side being enough", async () => {
    const { code, stdout } = await esta(["compare", cellOf("esta"), cellOf("loss"), "--json"]);
    expect(code).toBe(0);
    const json = JSON.parse(stdout) as ComparisonJson;
    expect(json.arms.map(({ name }) => name)).toEqual([
      "ESTA score=final-training-loss",
      "ESTA score=training-loss",
    ]);
    expect(json.reference).toBe("ESTA score=final-training-loss");
    expect(json.arms[1]?.paired?.measures.every(({ low, high }) => low === null && high === null)).toBe(true);
  });

  test.each([
    ["twice the same", () => [cellOf("esta"), cellOf("esta")], /one configuration and seed/],
    ["one that is not finished", () => [cellOf("esta"), cellOf("broken")], /no palette yet/],
    [
      "a split that was not measured",
      () => [cellOf("esta"), "--split", "train"],
      /no accuracy on the train split/,
    ],
    ["an arm that is not there", () => [cellOf("esta"), "--reference", "lora"], /no arm "lora".*ESTA/],
    ["a folder that is none", () => [join(folder, "gone")], /no run folder/],
    ["a sweep's options", () => [cellOf("esta"), "--quick"], /--quick goes with a sweep file/],
    ["another ending", () => [cellOf("esta"), "--out", "a.pdf"], /allowed endings: .html, .md, .json/],
  ])("are refused for %s", async (_name, words, expected) => {
    const { code, stderr } = await esta(["compare", ...words()]);
    expect(code).toBe(2);
    expect(stderr).toMatch(expected);
  });
});
