/** `esta plan --dry-run`: the planner's parameters against networks that are really built, without weights. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scratch } from "../scratch.js";
import { DIGITS, esta, ROOT } from "./cli.js";

const llama = join(ROOT, "configs", "llama-7b-13b.yaml");

test("LLaMA 7B and 13B: exact parameters, every shape of one route of each kind", async () => {
  const { code, stdout, stderr } = await esta(["plan", llama, "--dry-run", "--json"]);
  expect(code, stderr).toBe(0);
  const { dry_run: tried } = JSON.parse(stdout);
  expect(tried.anchors).toEqual([
    { name: "llama-7b", params: 6_738_415_616 },
    { name: "llama-13b", params: 13_015_864_320 },
  ]);
  expect(tried.stitches).toBe(41);
  expect(tried.routes.map((route: { logits: number[] }) => route.logits)).toEqual([
    [1, 1024, 32_000],
    [1, 1024, 32_000],
    [1, 1024, 32_000],
  ]);
}, 240_000);

test("people read that all stitches agree, and along which routes shapes were tried", async () => {
  const { code, stdout, stderr } = await esta(["plan", DIGITS, "--dry-run"]);
  expect(code, stderr).toBe(0);
  expect(stdout).toContain("dry run: all 30 stitches have the parameters of the library's models");
  expect(stdout).toContain("tiny-vit-l: logits 1 x 10");
}, 120_000);

test.each(["dinov2", "minilm", "qwen2.5"])(
  "the catalog's %s is what the library builds",
  async (family) => {
    const file = join(scratch(), "esta.yaml");
    writeFileSync(file, `version: 1\nfamily: ${family}\n`);
    const { code, stderr } = await esta(["plan", file, "--dry-run", "--json"]);
    expect(code, stderr).toBe(0);
  },
  120_000,
);
