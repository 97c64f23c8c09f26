import { expect, test } from "vitest";
import { parseConfig } from "../../../ts/config/read.js";
import { failure } from "../planning/helpers.js";

const base = "version: 1\nfamily: tiny-vit\n";

test("the paper's preset is the published form, whatever the defaults are", () => {
  const { method } = parseConfig(`${base}method: {name: esta, preset: paper}\n`);
  expect(method).toMatchObject({
    name: "esta",
    preset: "paper",
    lora: { targets: ["query", "key", "value", "output"] },
    stitch_bias: { sites: "all", shared: false },
    initialisation: { method: "least-squares" },
    anchors_first: { share: 0 },
    importance: { score: "snip" },
    sampling: { strategy: "importance", anchor_share: 0 },
    distillation: { teacher: "none" },
    stitches_per_step: 1,
  });
});

test("what is given, in the file or by a flag, goes before the preset", () => {
  const text = `${base}method: {name: esta, preset: paper, sampling: {floor: 0.1}}\n`;
  const { method } = parseConfig(text, { set: ["method.lora.rank=9"] });
  expect(method).toMatchObject({
    lora: { rank: 9, stitching_rank: 8 },
    sampling: { floor: 0.1, anchor_share: 0 },
  });
  const flags = parseConfig(base, { method: "esta", set: ["method.preset=paper"] });
  expect(flags.method).toEqual(parseConfig(`${base}method: {name: esta, preset: paper}\n`).method);
});

test("another preset, and a preset of another method, are mistakes", async () => {
  const unknown = await failure(() => parseConfig(`${base}method: {name: esta, preset: papre}\n`));
  expect(unknown.message).toMatch(/method\.preset.*papre.*paper/s);
  const other = await failure(() => parseConfig(`${base}method: {name: snnet, preset: paper}\n`));
  expect(other.message).toContain("preset");
});

test("a tuned teacher needs anchors that are trained first", async () => {
  const text = `${base}method: {name: esta, distillation: {teacher: tuned}}\n`;
  const { message } = await failure(() => parseConfig(text));
  expect(message).toContain("a tuned teacher needs anchors_first.share above 0");
  expect(parseConfig(text, { set: ["method.anchors_first.share=0.3"] }).method).toMatchObject({
    distillation: { teacher: "tuned", weight: 0.5 },
  });
});
