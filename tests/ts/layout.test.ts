import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { findViolations, readSources, type Sources } from "./layout/rules.js";

const TESTS = fileURLToPath(new URL("..", import.meta.url));
const folder = fileURLToPath(new URL("../../ts", import.meta.url));

describe("the layout of ts/", () => {
  it("imports go one way, only the command line prints, nothing is circular", () => {
    const sources = readSources(folder);
    expect(Object.keys(sources).length).toBeGreaterThan(20);
    expect(findViolations(sources)).toEqual([]);
  });
});

describe("the layout of tests/", () => {
  it("temporary folders are made in one place, which removes them", () => {
    const makers = Object.entries(readSources(TESTS)).filter(([, text]) => /\bmkdtemp(Sync)?\(/.test(text));
    expect(makers.map(([file]) => file)).toEqual(["scratch.ts"]);
  });
});

/** A small tree in order, with some files replaced by bad ones. */
const tree = (bad: Sources): Sources => ({
  "errors.ts": "export const a = 1;",
  "config/read.ts": 'import { a } from "../errors.js"; export const b = a;',
  "planning/plan.ts": 'import { b } from "../config/read.js"; export const c = b;',
  "engine/query.ts": 'export const d = async () => (await import("pythonia")).default;',
  "sdk/adapt.ts":
    'import { c } from "../planning/plan.js"; import { x } from "../../scripts/setup/index.mjs";',
  "index.ts": 'export * from "./sdk/adapt.js";',
  "cli/main.ts": 'import "../sdk/adapt.js"; console.log(process.exitCode);',
  ...bad,
});

describe("the checker finds", () => {
  it("nothing in a tree that is in order", () => {
    expect(findViolations(tree({}))).toEqual([]);
  });

  it.each([
    [
      "an import upwards",
      { "config/read.ts": 'import "../planning/plan.js";' },
      "config must not know planning",
    ],
    [
      "a type imported upwards",
      { "planning/plan.ts": 'import type { A } from "../sdk/adapt.js";' },
      "must not know sdk",
    ],
    [
      "a dynamic import upwards",
      { "sdk/adapt.ts": 'await import("../cli/main.js");' },
      "sdk must not know cli",
    ],
    [
      "an export upwards",
      { "errors.ts": 'export * from "./config/read.js";' },
      "errors must not know config",
    ],
    [
      "the command line in the SDK's index",
      { "index.ts": 'export * from "./cli/main.js";' },
      "index must not know cli",
    ],
    [
      "the set-up in the planner",
      { "planning/plan.ts": 'import "../../scripts/setup/index.mjs";' },
      "imports the set-up",
    ],
    ["a file outside ts/", { "sdk/adapt.ts": 'import "../../bin/esta.js";' }, "outside ts/"],
    ["a file in no part", { "other/thing.ts": 'import "../errors.js";' }, "no known part"],
    ["a missing file", { "sdk/adapt.ts": 'import "./gone.js";' }, "not there"],
    ["console", { "sdk/adapt.ts": 'console.log("x");' }, "uses console.log"],
    ["stdout", { "engine/query.ts": 'process.stdout.write("x");' }, "uses process.stdout"],
    ["an exit code", { "config/read.ts": "process.exitCode = 1;" }, "uses process.exitCode"],
    ["exit", { "analysis/a.ts": "process.exit(1);" }, "uses process.exit"],
    ["process taken apart", { "sdk/adapt.ts": "const { stdout } = process;" }, "takes process apart"],
    [
      "the process module",
      { "sdk/adapt.ts": 'import { exit } from "node:process";' },
      "imports node:process",
    ],
    [
      "pythonia elsewhere",
      { "sdk/adapt.ts": 'const p = await import("pythonia");' },
      "only engine/query.ts may",
    ],
    ["pythonia at start", { "engine/query.ts": 'import pythonia from "pythonia";' }, "at start"],
    ["vega at start", { "analysis/chart.ts": 'import { View } from "vega";' }, "imports vega at start"],
    [
      "a cycle",
      { "config/read.ts": 'import "./b.js";', "config/b.ts": 'import "./read.js";' },
      "cycle: config/read.ts",
    ],
  ])("%s", (_name, bad: Sources, expected) => {
    expect(findViolations(tree(bad)).join("\n")).toContain(expected);
  });

  it("no fault in types of a lazy package, nor a cycle in types", () => {
    const types = {
      "config/read.ts": 'import type { B } from "./b.js"; import type { View } from "vega";',
      "config/b.ts": 'import { a } from "./read.js";',
    };
    expect(findViolations(tree(types))).toEqual([]);
  });
});
