/** The suite: its configurations, its data folder, and the tables that are made from its results. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, test } from "vitest";
import { parse } from "yaml";
import {
  detailTables,
  readResults,
  staleTables,
  summaryTable,
  writeTables,
} from "../../scripts/suite/tables.mjs";
import { DEFAULT_DATA, dataFlags, missingData, TASKS } from "../../scripts/suite/tasks.mjs";
import { makeComparison } from "../../ts/analysis/comparison.js";
import { parseConfig } from "../../ts/config/read.js";
import { readSweep, type SweepArm } from "../../ts/sdk/read-sweep.js";
import { planCell } from "../../ts/sdk/sweep/cells.js";
import { scratch } from "../scratch.js";
import { sampleComparison } from "./analysis/sample-comparison.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FOLDER = join(ROOT, "configs", "suite");
describe("the tasks", () => {
  it("are at least six, each with a configuration", () => {
    const files = readdirSync(FOLDER).map((file) => file.replace(/\.yaml$/, ""));
    expect(files.sort()).toEqual(Object.keys(TASKS).sort());
    expect(files.length).toBeGreaterThanOrEqual(6);
  });

  it.each(Object.keys(TASKS))(
    "%s has five seeds, arms at equal steps and time, a quick form, its own head",
    (task) => {
      const file = join(FOLDER, `${task}.yaml`);
      const sweep = readSweep(file);
      expect(sweep).toMatchObject({ seeds: [0, 1, 2, 3, 4], evaluate: "all", reference: "esta" });
      const names = sweep.arms.map(({ name }) => name);
      for (const name of ["esta", "esta-uniform", "snnet", "snnet-time", "snnetv2", "full", "lora"]) {
        expect(names).toContain(name);
      }
      const quick = readSweep(file, { quick: true });
      expect(quick.seeds).toHaveLength(1);
      for (const { method, set } of quick.arms) {
        const config = parseConfig(sweep.base.text, { set, ...(method === undefined ? {} : { method }) });
        expect(config.task?.metric).toMatch(/^accuracy$|^choice-accuracy/);
      }
      const text = readFileSync(file, "utf8");
      for (const part of ["# Suite:", "# Family:", "# Data:", "# Metric:", "# Cost:", "# Run:"]) {
        expect(text).toContain(part);
      }
    },
  );

  it.each(Object.keys(TASKS))("%s finds its files where the data is prepared", (task) => {
    const { base } = parse(readFileSync(join(FOLDER, `${task}.yaml`), "utf8"));
    for (const [path, file] of Object.entries(TASKS[task]?.files ?? {})) {
      const value = path.split(".").reduce((section, key) => section[key], base);
      const written = [value].flat().map((one: string) => resolve(FOLDER, one));
      expect(written).toEqual([file].flat().map((one) => join(DEFAULT_DATA, one)));
    }
  });

  it("takes another data folder by overrides", () => {
    expect(dataFlags("fashion", DEFAULT_DATA)).toEqual([]);
    const flags = dataFlags("gloss-classes", "/data");
    expect(flags).toContain(`family=["/data/minilm/minilm-l3","/data/minilm/minilm-l6"]`);
    const set = flags.filter((flag) => flag !== "--set");
    const { base } = readSweep(join(FOLDER, "gloss-classes.yaml"));
    expect(parseConfig(base.text, { set }).task?.data).toMatchObject({
      train: "/data/gloss-classes/train.jsonl",
    });
  });

  it("says what is missing, once for tasks that share it, until it is there", () => {
    const folder = scratch();
    const tasks = ["fashion", "fashion-rotated", "digits"];
    const [missing, ...others] = missingData(tasks, folder);
    expect(others).toEqual([]);
    expect(missing).toMatchObject({
      name: "fashion",
      command: ["suite_images.py", "--out", join(folder, "fashion")],
    });
    expect(missing?.needs).toContain("dataset-fashion-mnist");
    for (const variant of ["plain", "rotated", "occluded"]) {
      const file = join(folder, "fashion", variant, "test.parquet");
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, "");
    }
    expect(missingData(tasks, folder)).toEqual([]);
  });

  test("its command refuses what it does not know, and runs nothing without data", () => {
    const suite = (...args: string[]) =>
      spawnSync(process.execPath, [join(ROOT, "scripts", "suite.mjs"), ...args], { encoding: "utf8" });
    for (const words of [["run", "--task", "nope"], ["sing"], ["--fast"]]) {
      const { status, stderr } = suite(...words);
      expect(status).toBe(2);
      expect(stderr).toMatch(/allowed: digits|allowed: prepare|--fast/);
    }
    const { status, stderr } = suite("run", "--no-setup", "--task", "fashion", "--data", scratch());
    expect(status).toBe(3);
    expect(stderr).toContain("node scripts/suite.mjs prepare");
  });
});

describe("stitches tuned one by one", () => {
  it.each(["digits", "fashion-rotated"])(
    "%s: twelve of the suite's, a tenth of the steps in all",
    async (task) => {
      const [suite, alone] = ["suite", "alone"].map((folder) =>
        readSweep(join(ROOT, "configs", folder, `${task}.yaml`)),
      );
      if (suite === undefined || alone === undefined) throw new Error("a sweep is missing");
      const cells = await Promise.all(alone.arms.map((arm) => planCell(alone, arm, 0)));
      const shared = await planCell(suite, suite.arms[0] as SweepArm, 0);
      const [esta, ...others] = cells;
      // One run serves both.
      expect(esta?.hash).toBe(shared.hash);
      expect(alone.folder).toBe(join(ROOT, "runs", "suite", task));
      expect(others).toHaveLength(2);
      for (const { plan } of others) {
        expect(plan.totals.stitches).toBe(shared.plan.totals.stitches);
        expect(plan.totals.steps).toBe(12 * 200);
        expect(200 * plan.totals.stitches).toBe(10 * (shared.plan.totals.steps ?? 0));
      }
    },
  );
});

describe("the tables", () => {
  const result = makeComparison(
    sampleComparison([
      { name: "esta", shift: 0 },
      { name: "snnet", shift: -0.05 },
      { name: "snnet-time", shift: -0.1, steps: 200, same_time_as: "esta" },
    ]),
  ).toJSON();

  it("in the documents are what the committed results say", () => {
    expect(staleTables()).toEqual([]);
  });

  it("hold a row a task, with what ESTA has over each rival and the interval", () => {
    const table = summaryTable({ digits: result });
    const own = result.arms[0]?.mean.hypervolume as number;
    const difference = result.arms[1]?.paired?.measures[0]?.difference as number;
    expect(difference).toBeLessThan(0);
    expect(table).toMatch(/\| task \| ESTA \| over SN-Net, equal steps \| over SN-Net, equal time \|/);
    expect(table).toContain(`digits (3 seeds) | ${own.toFixed(3)}`);
    expect(table).toContain(`+${(-difference).toFixed(3)} (+`);
    expect(detailTables({ digits: result })).toMatch(/\| snnet \| steps \| 0\.\d{3} \| −0\.\d{3} \(−/);
    expect(summaryTable({})).toContain("No results");
  });

  it("follow the files, and quick sweeps are no results", () => {
    const root = scratch();
    const page = "# A\n<!-- results: begin (node scripts/suite.mjs tables) -->\n<!-- results: end -->\nend\n";
    for (const folder of ["results", "docs"]) mkdirSync(join(root, folder));
    for (const file of ["README.md", "docs/suite.md"]) writeFileSync(join(root, file), page);
    const file = join(root, "results", "digits.json");
    writeFileSync(file, JSON.stringify(result));
    expect(staleTables(root)).toEqual(["README.md", "docs/suite.md"]);
    expect(writeTables(root)).toEqual(["README.md", "docs/suite.md"]);
    expect(staleTables(root)).toEqual([]);
    expect(readFileSync(join(root, "README.md"), "utf8")).toMatch(
      /^# A\n[\s\S]*digits \(3 seeds\)[\s\S]*\nend\n$/,
    );
    writeFileSync(file, JSON.stringify(result).replaceAll(/"hypervolume":0\.\d+/g, '"hypervolume":0.5'));
    expect(staleTables(root)).toEqual(["README.md", "docs/suite.md"]);
    writeFileSync(file, JSON.stringify({ ...result, quick: true }));
    expect(() => readResults(root)).toThrow(/quick/);
  });

  it("are written for no task that has a configuration no longer", () => {
    for (const task of Object.keys(readResults())) expect(Object.keys(TASKS)).toContain(task);
  });
});
