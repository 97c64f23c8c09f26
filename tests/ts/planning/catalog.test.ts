import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { anchorCost } from "../../../ts/planning/architectures/costs.js";
import { familyCosts, ownClasses } from "../../../ts/planning/architectures/index.js";
import {
  type CatalogFamily,
  listFamilies,
  type PublishedCount,
  readFamily,
} from "../../../ts/planning/catalog.js";
import { readModelConfig } from "../../../ts/planning/model-config.js";
import { packageRoot } from "../../../ts/planning/package-root.js";
import { failure, plan } from "./helpers.js";

/** Families whose weights ship with the package, and whose counts no one else publishes. */
const PACKAGED = ["tiny-vit", "tiny-llama"];
const UNITS = { K: 1e3, M: 1e6, B: 1e9 };

/** Our count of an anchor under the heads that its published count holds. */
function comparable({ family }: CatalogFamily, index: number, counts: PublishedCount["counts"]): number {
  const anchor = familyCosts(family, ownClasses(family)).anchors[index];
  if (anchor === undefined) throw new Error("no such anchor");
  const { params } = anchorCost(anchor);
  if (counts === "whole" || family.kind === "llama") return params;
  const withoutHead = params - (anchor.headFeatures + 1) * family.classes;
  if (counts === "without-head" || family.kind !== "bert") return withoutHead;
  // Masked-word head: dense, norm, bias of the tied decoder; next-sentence head: two outputs.
  const { width } = anchor;
  return withoutHead + width * width + 3 * width + family.vocabulary_size + 2 * width + 2;
}

/** Rounds as the published figure does: to whole parameters, or to its own digits, like 86.6M. */
function rounded(count: number, published: PublishedCount["params"]): PublishedCount["params"] {
  if (typeof published === "number") return count;
  const unit = published.slice(-1) as keyof typeof UNITS;
  const digits = published.slice(0, -1).split(".")[1]?.length ?? 0;
  return `${(count / UNITS[unit]).toFixed(digits)}${unit}`;
}

test.each(listFamilies())("%s: parameters are those published", (name) => {
  const entry = readFamily(name);
  const { anchors } = entry.family;
  for (const [anchor, { params, counts }] of Object.entries(entry.published)) {
    const index = anchors.findIndex((candidate) => candidate.name === anchor);
    expect([anchor, rounded(comparable(entry, index, counts), params)]).toEqual([anchor, params]);
  }
  if (!PACKAGED.includes(name))
    expect(Object.keys(entry.published).sort()).toEqual(anchors.map((a) => a.name).sort());
});

test("LLaMA 7B and 13B have exactly the published parameters", async () => {
  const { anchors } = await plan({ family: "llama" });
  expect(anchors.map(({ params }) => params)).toEqual([6_738_415_616, 13_015_864_320]);
});

test.each(listFamilies())("%s plans with no task: exact integers, anchors in order of size", async (name) => {
  const made = await plan({ family: name });
  const macs = made.anchors.map((anchor) => anchor.macs);
  expect(macs).toEqual([...macs].sort((a, b) => a - b));
  expect(
    made.stitches.every(({ macs, params }) => Number.isSafeInteger(macs) && Number.isSafeInteger(params)),
  ).toBe(true);
  expect(made.stitches.length).toBeGreaterThan(made.anchors.length);
  for (const [key, bytes] of Object.entries(made.memory))
    expect([key, Number.isSafeInteger(bytes)]).toEqual([key, true]);
});

test.each(PACKAGED)("%s's entry says what its folders' config.json say", (name) => {
  const { family } = readFamily(name);
  for (const anchor of family.anchors) {
    const packaged = (anchor.weights as { packaged: string }).packaged;
    const folder = join(packageRoot(), packaged);
    const shape = readModelConfig(folder);
    const { name: _name, weights: _weights, ...sizes } = anchor;
    expect(shape.anchor).toMatchObject({ mlp_width: 4 * anchor.width, ...sizes });
    expect(family).toMatchObject({ kind: shape.kind, ...shape.shared });
    if (family.kind !== "llama") expect(family.classes).toBe(shape.classes);
    const file = JSON.parse(readFileSync(join(folder, "config.json"), "utf8"));
    expect(file).toHaveProperty("model_type", family.kind);
  }
});

test("an unknown family is met with the known ones and the one that was meant", async () => {
  const error = await failure(() => plan({ family: "tiny-vti" }));
  expect(error).toMatchObject({ code: "configuration", hint: "Did you mean tiny-vit?" });
  expect(error.message).toContain("dinov2");
});
