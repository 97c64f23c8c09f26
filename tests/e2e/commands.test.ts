/** Commands that need no Python, run as a user runs them. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { scratch } from "../scratch.js";
import { DIGITS, esta } from "./cli.js";

describe("esta plan", () => {
  test("prints the anchors, the intervals and what was left out, and starts no Python", async () => {
    const folder = scratch();
    // Any interpreter that is started leaves a mark: these come first on the path.
    for (const name of ["python3", "python"]) {
      writeFileSync(join(folder, name), `#!/bin/sh\ntouch ${folder}/started\n`, { mode: 0o755 });
    }
    const env = {
      PATH: `${folder}:${process.env.PATH}`,
      ESTAKIT_PYTHON: join(folder, "python3"),
      PYTHON_BIN: join(folder, "python3"),
    };
    const { code, stdout } = await esta(["plan", DIGITS], { env });
    expect(code).toBe(0);
    expect(stdout).toContain("tiny-vit-s");
    expect(stdout).toMatch(/left out: \d+ routes that cost more/);
    expect(() => readFileSync(join(folder, "started"))).toThrow();
  });

  test("--json and --out give the same plan, byte for byte", async () => {
    const file = join(scratch(), "plan.json");
    const { code, stdout } = await esta(["plan", DIGITS, "--json", "--out", file]);
    expect(code).toBe(0);
    expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(JSON.parse(stdout));
    const plan = JSON.parse(stdout);
    expect(plan.stitches.length).toBeGreaterThanOrEqual(30);
    expect(plan.intervals).toHaveLength(5);
    expect(plan.family.classes).toBe(10);
  });

  test("three mistakes at once are reported together, with exit code 2", async () => {
    const file = join(scratch(), "bad.yaml");
    writeFileSync(file, "version: 1\nfamily: tiny-vit\nspase: {}\ntraining: {batch_size: 0, steps: many}\n");
    const { code, stdout, stderr } = await esta(["plan", file]);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain("3 mistakes");
    expect(stderr).toContain(`${file}:3:1: spase: unknown key; did you mean "space"?`);
    expect(stderr).toContain(`${file}:4:24: training.batch_size: got 0`);
    expect(stderr).toContain(`${file}:4:34: training.steps: got "many"`);
  });

  test("with --json a failure is one JSON object on stdout", async () => {
    const { code, stdout } = await esta(["plan", "/nowhere.yaml", "--json"]);
    expect(code).toBe(2);
    expect(JSON.parse(stdout).error).toMatchObject({
      code: "configuration",
      message: "no such file: /nowhere.yaml",
    });
  });
});

describe("usage", () => {
  test.each([
    [["plan"], /Not enough non-option arguments/],
    [["paln", "x"], /did you mean plan/i],
    [["plan", DIGITS, "--jsn"], /Unknown argument: jsn/],
    [["frobnicate", "x"], /there is no command "frobnicate"/],
    [[], /no command was given/],
    [["select", "nowhere", "--max-macs", "lots"], /no run folder|got "lots"/],
    [["select", "nowhere", "--max-macs"], /Not enough arguments following: max-macs/],
    [["pareto", "nowhere", "--split", "tset"], /--split got "tset"; allowed: train, validation, test/],
    [["select", DIGITS], /digits\.yaml is a file, no run folder/],
    [["compare", "nowhere/plan.json"], /plan\.json is no run folder/],
  ])("%j exits with 2 and says what is allowed", async (args, message) => {
    const { code, stderr } = await esta(args);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain("    at ");
  });

  test("--help lists every command and exits with 0", async () => {
    const { code, stdout } = await esta(["--help"]);
    expect(code).toBe(0);
    for (const command of ["setup", "doctor", "plan", "adapt", "resume", "select", "report", "predict"]) {
      expect(stdout).toContain(`esta ${command}`);
    }
  });

  test("a command's help has its options and examples", async () => {
    const { code, stdout } = await esta(["plan", "--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain("--set");
    expect(stdout).toContain("esta plan configs/digits.yaml");
  });

  test("output that is cut off by head leaves no trace", async () => {
    const { execa } = await import("execa");
    const { ESTA } = await import("./cli.js");
    const { stderr } = await execa({ shell: true })`node ${ESTA} plan ${DIGITS} --json | head -c 10`;
    expect(stderr).toBe("");
  });
});

describe("esta families", () => {
  test("lists the catalog as JSON", async () => {
    const { code, stdout } = await esta(["families", "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toContainEqual(
      expect.objectContaining({
        name: "tiny-vit",
        kind: "vit",
        anchors: ["tiny-vit-s", "tiny-vit-m", "tiny-vit-l"],
      }),
    );
  });

  test("an unknown one is a configuration error that names the nearest", async () => {
    const { code, stderr } = await esta(["families", "tiny-vitt"]);
    expect(code).toBe(2);
    expect(stderr).toContain("tiny-vit");
  });
});

test("esta schema is the schema that ships for editors", async () => {
  const { stdout } = await esta(["schema"]);
  const shipped = readFileSync(new URL("../../configs/esta.schema.json", import.meta.url), "utf8");
  expect(JSON.parse(stdout)).toEqual(JSON.parse(shipped));
});

test("esta schema has that of plans and of sweep files too, one at a time", async () => {
  const titles = await Promise.all(
    ["--plan", "--sweep"].map(async (flag) => JSON.parse((await esta(["schema", flag])).stdout).title),
  );
  expect(titles[1]).toBe("Sweep of estakit");
  expect(titles[0]).not.toBe(titles[1]);
  expect((await esta(["schema", "--plan", "--sweep"])).code).toBe(2);
});

test("a folder that is no run is named as such", async () => {
  const folder = scratch();
  mkdirSync(join(folder, "empty"));
  const { code, stderr } = await esta(["pareto", join(folder, "empty")]);
  expect(code).toBe(2);
  expect(stderr).toContain("is no run folder");
});
