/** `esta report RUN OTHER`: what may stand beside a run, and that it stays there when more is measured. */
import { cpSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { scratch } from "../scratch.js";
import { DIGITS, esta, QUICK } from "./cli.js";

const folder = scratch();
const run = join(folder, "run");
const other = join(folder, "other");
const BESIDE = "LoRA on each anchor";

beforeAll(async () => {
  const quick = [...QUICK, "--set", "training.steps=2"];
  for (const words of [
    ["--run-dir", run],
    ["--method", "lora", "--run-dir", other],
  ]) {
    const { code, stderr } = await esta(["adapt", DIGITS, ...quick, ...words]);
    expect({ code, stderr }).toMatchObject({ code: 0 });
  }
}, 300_000);

/** A copy of `other` as if it had been run from a plan in which `from` stands as `to`. */
function alteredRun(name: string, from: string, to: string): string {
  const copy = join(folder, name);
  cpSync(other, copy, { recursive: true });
  const plan = readFileSync(join(copy, "plan.json"), "utf8");
  expect(plan).toContain(from);
  writeFileSync(join(copy, "plan.json"), plan.replace(from, to));
  return copy;
}

const ownReport = (): string => readFileSync(join(run, "report.html"), "utf8");

describe("beside a run", () => {
  test.each<[string, () => string, RegExp]>([
    ["another seed", () => alteredRun("seed", '"data":0', '"data":1'), /the seed that draws the test part/],
    ["another size", () => alteredRun("size", '"test":40', '"test":39'), /task.sizes.test: .*run has 40/],
    [
      "another metric",
      () => alteredRun("metric", '"metric":"accuracy"', '"metric":"macro-f1"'),
      /in metric: .*run has accuracy, .*metric macro-f1/,
    ],
    ["itself", () => run, /is to stand beside itself/],
    ["what is no run", () => folder, /is no run folder/],
  ])("%s is refused, and the report stays as it was", async (_name, make, message) => {
    const before = ownReport();
    const { code, stderr } = await esta(["report", run, make()]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(message) });
    expect(ownReport()).toBe(before);
  });

  test("another method stays when more is measured, until the report is written without it", async () => {
    expect((await esta(["report", run, other])).code).toBe(0);
    expect(ownReport()).toContain(BESIDE);
    expect((await esta(["evaluate", run, "--stitches", "3"])).code).toBe(0);
    expect(ownReport()).toContain(BESIDE);
    renameSync(other, `${other}-moved`);
    const lost = await esta(["evaluate", run]);
    expect(lost).toMatchObject({ code: 0, stderr: expect.stringMatching(/left out of the report: .*other/) });
    expect(ownReport()).not.toContain(BESIDE);
    renameSync(`${other}-moved`, other);
    // It comes back with its folder, and goes when it is no longer named.
    expect((await esta(["evaluate", run])).code).toBe(0);
    expect(ownReport()).toContain(BESIDE);
    expect((await esta(["report", run])).code).toBe(0);
    expect(existsSync(join(run, "beside.json"))).toBe(false);
    expect((await esta(["evaluate", run])).code).toBe(0);
    expect(ownReport()).not.toContain(BESIDE);
  }, 300_000);
});
