/** One small run of the embedded family, and every command that reads it. */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { makePlan, openRun, readConfig } from "../../ts/index.js";
import { scratch } from "../scratch.js";
import { DIGITS, esta, QUICK } from "./cli.js";

const folder = scratch();
const run = join(folder, "run");
const temporary = scratch();
let palette: { stitches: { id: number; macs: number; params: number; route: unknown[] }[] };

beforeAll(async () => {
  const { code, stderr } = await esta(["adapt", DIGITS, ...QUICK, "--run-dir", run], {
    env: { TMPDIR: temporary },
  });
  expect(stderr).toContain("palette chosen by");
  expect(code).toBe(0);
  palette = JSON.parse(readFileSync(join(run, "palette", "palette.json"), "utf8"));
}, 240_000);

describe("a finished run", () => {
  test("has every file of the run folder", () => {
    const files = ["plan.json", "environment.json", "events.ndjson", "evaluations.ndjson", "report.html"];
    const inPalette = ["palette.json", "adapter.safetensors", "README.md"].map((file) =>
      join("palette", file),
    );
    for (const file of [...files, ...inPalette]) expect(existsSync(join(run, file)), file).toBe(true);
  });

  test("left nothing among temporary files", () => {
    // PyTorch keeps a cache there, one a user.
    expect(readdirSync(temporary).filter((name) => name.startsWith("esta"))).toEqual([]);
  });

  test("executed the plan exactly as the planner made it", async () => {
    const set = QUICK.filter((_, index) => index % 2 === 1);
    const plan = await makePlan(readConfig(DIGITS, { set }));
    expect(JSON.parse(readFileSync(join(run, "plan.json"), "utf8"))).toEqual(
      JSON.parse(JSON.stringify(plan)),
    );
  });

  test("chose its palette before it evaluated anything", async () => {
    const names = (await (await openRun(run)).events()).map((event) => event.event);
    expect(names.indexOf("palette_chosen")).toBeGreaterThan(names.lastIndexOf("step"));
    expect(names.indexOf("stitch_evaluated")).toBeGreaterThan(names.indexOf("palette_chosen"));
  });

  test("keeps every whole anchor and a stitch of every interval that has one", async () => {
    const { plan } = await openRun(run);
    const kept = new Set(palette.stitches.map(({ id }) => id));
    for (const { id } of plan.anchors) expect(kept.has(id)).toBe(true);
    for (const interval of plan.intervals) {
      const members = plan.stitches.filter((stitch) => stitch.interval === interval.id);
      if (members.length > 0) expect(members.some(({ id }) => kept.has(id))).toBe(true);
    }
  });

  test("is not overwritten without --force", async () => {
    const before = readFileSync(join(run, "events.ndjson"));
    const { code, stderr } = await esta(["adapt", DIGITS, ...QUICK, "--run-dir", run]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/--force/);
    expect(readFileSync(join(run, "events.ndjson"))).toEqual(before);
  });
});

test("plan --probe measures a training step and sets it beside the estimate", async () => {
  const { code, stdout } = await esta(["plan", DIGITS, ...QUICK, "--probe", "--json"]);
  expect(code).toBe(0);
  const { estimate, probe } = JSON.parse(stdout);
  expect(probe.stitch).toBe(2);
  expect(probe.peak_bytes).toBeGreaterThan(estimate.weights_bytes);
}, 120_000);

describe("commands over it", () => {
  test("pareto prints the palette's table and a chart without escape codes", async () => {
    const { code, stdout } = await esta(["pareto", run]);
    expect(code).toBe(0);
    for (const { id } of palette.stitches) expect(stdout).toMatch(new RegExp(`\\b${id}\\b`));
    expect(stdout).not.toContain("\u001b");
  });

  test("a run that has not finished is told as such, with what finishes it", async () => {
    const half = join(folder, "half");
    cpSync(run, half, { recursive: true });
    rmSync(join(half, "palette"), { recursive: true });
    rmSync(join(half, "evaluations.ndjson"));
    for (const words of [["pareto"], ["select"], ["evaluate"], ["evaluate", "--latency"]]) {
      const [command = "", ...more] = words;
      const { code, stderr } = await esta([command, half, ...more]);
      expect({ words, code }).toEqual({ words, code: 2 });
      expect(stderr).toMatch(/no palette yet|nothing was measured/);
      expect(stderr).toContain("esta resume");
      expect(stderr).not.toContain("loading");
    }
  });

  test("select names the best stitch within the budget, and exits with 5 where none fits", async () => {
    const cheapest = Math.min(...palette.stitches.map(({ macs }) => macs));
    const fits = await esta(["select", run, "--max-macs", String(cheapest), "--json"]);
    expect(fits.code).toBe(0);
    expect(JSON.parse(fits.stdout).stitch.macs).toBe(cheapest);
    const none = await esta(["select", run, "--max-macs", String(cheapest - 1)]);
    expect(none.code).toBe(5);
    expect(none.stderr).toContain("no stitch has");
  });

  test("evaluate measures a list, then does not measure it again", async () => {
    const lines = () => readFileSync(join(run, "evaluations.ndjson"), "utf8").trim().split("\n");
    const before = lines().length;
    const first = await esta(["evaluate", run, "--stitches", "3,4", "--split", "train", "--json"]);
    expect(first.code).toBe(0);
    expect(JSON.parse(first.stdout).stitches.map(({ id }: { id: number }) => id)).toEqual([3, 4]);
    expect(lines()).toHaveLength(before + 2);
    await esta(["evaluate", run, "--stitches", "3,4", "--split", "train"]);
    expect(lines()).toHaveLength(before + 2);
  }, 120_000);

  test.each([
    [["--latency", "--split", "validation"], /--split was given with --latency/],
    [["--repeats", "3"], /--repeats was given without --latency/],
  ])("evaluate refuses %j, which read nothing of each other", async (words, message) => {
    const { code, stderr } = await esta(["evaluate", run, ...words]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(message) });
  });

  test("report is one file that refers to nothing outside itself", async () => {
    const out = join(folder, "report.html");
    const { code, stdout } = await esta(["report", run, "--out", out]);
    expect(code).toBe(0);
    expect(stdout.trim()).toBe(out);
    const html = readFileSync(out, "utf8");
    expect(html).not.toMatch(/<(?:script|link|img|iframe)[^>]+(?:src|href)\s*=\s*["']?(?:https?:)?\/\//i);
    expect(html).toContain("tiny-vit-l");
  });

  test("predict classifies an image through the query channel", async () => {
    const image = join(folder, "image.png");
    // A black 1 x 1 PNG.
    writeFileSync(
      image,
      Buffer.from(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABc3UBGAAAAABJRU5ErkJggg==",
        "base64",
      ),
    );
    const { code, stdout } = await esta(["predict", run, image, "--json", "--top", "10"]);
    expect(code).toBe(0);
    const [prediction] = JSON.parse(stdout);
    const total = prediction.classes.reduce(
      (sum: number, { probability }: { probability: number }) => sum + probability,
      0,
    );
    expect(total).toBeCloseTo(1, 4);
  }, 120_000);

  test("export writes a folder, and refuses to overwrite it", async () => {
    const stitched = palette.stitches.find(({ route }) => route.length === 2);
    const out = join(folder, "exported");
    const first = await esta(["export", run, "--stitch", String(stitched?.id), "--out", out]);
    expect(first.code).toBe(0);
    expect(existsSync(join(out, "config.json"))).toBe(true);
    expect(readFileSync(join(out, "README.md"), "utf8")).toMatch(/largest .*difference/i);
    const again = await esta(["export", run, "--stitch", String(stitched?.id), "--out", out]);
    expect(again.code).not.toBe(0);
    const unknown = await esta(["export", run, "--stitch", "9999", "--out", out]);
    expect(unknown.code).toBe(2);
  }, 120_000);
});
