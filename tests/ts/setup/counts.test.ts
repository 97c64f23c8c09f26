import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { pythonOf, ROOT, venvFolder } from "../../../scripts/setup/index.mjs";
import { judge, readJunitCounts, readVitestCounts, summary } from "../../../scripts/testing/counts.mjs";
import { scratch } from "../../scratch.js";

type Skipped = { name: string };
const folder = scratch();

describe("counts are read from the runners' own files", () => {
  it("pytest", () => {
    const tests = [
      "import pytest",
      "def test_good(): pass",
      "@pytest.mark.parametrize('text', ['<a> & \"b\"', '</testcase>'])",
      "def test_names(text): assert text",
      "def test_bad(): assert False",
      "@pytest.fixture",
      "def broken(): raise ValueError",
      "def test_error(broken): pass",
      "@pytest.mark.skip(reason='no <browser> here')",
      "def test_skipped(): pass",
    ];
    const file = join(folder, "test_some.py");
    writeFileSync(file, tests.join("\n"));
    const xml = join(folder, "junit.xml");
    const python = pythonOf(venvFolder(ROOT));
    const run = spawnSync(python, [
      "-m",
      "pytest",
      "-q",
      `--junitxml=${xml}`,
      "--rootdir",
      folder,
      "-c",
      "/dev/null",
      file,
    ]);
    expect(run.status).toBe(1);
    const counts = readJunitCounts(xml);
    expect(counts).toMatchObject({ passed: 3, failed: 2 });
    expect(counts?.skipped).toEqual([{ name: "test_some.test_skipped", reason: "no <browser> here" }]);
  });

  it("vitest", () => {
    const tests = [
      'import { expect, it } from "vitest";',
      'it("good", () => {});',
      'it("bad", () => expect(1).toBe(2));',
      'it("skipped", ({ skip }) => skip("no browser"));',
      'it.skip("bare", () => {});',
    ];
    writeFileSync(join(folder, "some.test.mjs"), tests.join("\n"));
    const unprepared = [
      'import { beforeAll, describe, it } from "vitest";',
      'describe("group", () => { beforeAll(() => { throw new Error("x"); }); it("waits", () => {}); });',
    ];
    writeFileSync(join(folder, "unprepared.test.mjs"), unprepared.join("\n"));
    writeFileSync(join(folder, "broken.test.mjs"), 'import "./not-there.mjs";');
    const file = join(folder, "counts.json");
    const vitest = join(ROOT, "node_modules", "vitest", "vitest.mjs");
    const reporter = fileURLToPath(new URL("../../../scripts/testing/vitest-counts.mjs", import.meta.url));
    const alias = JSON.stringify({ test: { alias: { vitest: join(ROOT, "node_modules", "vitest") } } });
    writeFileSync(join(folder, "vitest.config.mjs"), `export default ${alias};`);
    const { VITEST: _, ...env } = process.env;
    const run = spawnSync(process.execPath, [vitest, "run", `--reporter=${reporter}`], {
      cwd: folder,
      env: { ...env, ESTAKIT_VITEST_COUNTS: file },
      encoding: "utf8",
    });
    expect(run.status).toBe(1);
    const counts = JSON.parse(readFileSync(file, "utf8"));
    expect(counts).toMatchObject({ passed: 1, failed: 3 });
    expect(counts.skipped.toSorted((a: Skipped, b: Skipped) => a.name.localeCompare(b.name))).toEqual([
      { name: "bare", reason: "no reason given" },
      { name: "group > waits", reason: "the preparation of its group or file failed" },
      { name: "skipped", reason: "no browser" },
    ]);
  });
});

describe("a runner that says too little has failed", () => {
  it("where it left no file, ran nothing, or ended badly without a failure", () => {
    expect(judge(readVitestCounts(join(folder, "none.json")), 0).failed).toBe(1);
    expect(judge(readJunitCounts(join(folder, "none.xml")), 0).failed).toBe(1);
    expect(judge({ passed: 0, failed: 0, skipped: [] }, 0).failed).toBe(1);
    expect(judge({ passed: 3, failed: 0, skipped: [] }, 2).failed).toBe(1);
  });

  it("and only then", () => {
    expect(judge({ passed: 3, failed: 0, skipped: [] }, 0).failed).toBe(0);
    expect(judge({ passed: 3, failed: 2, skipped: [] }, 1).failed).toBe(2);
  });
});

it("the last line names skipped tests only where there are any", () => {
  expect(summary(3, 0, 0)).toBe("3 passed, 0 failed");
  expect(summary(3, 1, 2)).toBe("3 passed, 1 failed, 2 skipped");
});
