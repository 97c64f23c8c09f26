/** What is wrong with a family, a space or a task is said, all of it at once, with what is allowed. */
import { expect, test } from "vitest";
import type { ConfigInput } from "../../../ts/config/schema/index.js";
import { failure, plan, vit } from "./helpers.js";

const two = [
  { width: 16, depth: 4 },
  { width: 32, depth: 4 },
];
const message = async (input: Omit<ConfigInput, "version">) => {
  const error = await failure(() => plan(input));
  expect(error).toMatchObject({ code: "configuration" });
  return error.message;
};

test("three mistakes of one family arrive together", async () => {
  const text = await message({
    family: {
      kind: "vit",
      image_size: 30,
      patch_size: 7,
      anchors: [
        { name: "a", width: 30, depth: 2, heads: 4 },
        { name: "a", width: 32, depth: 2, heads: 4 },
      ],
    },
  });
  expect(text).toContain("3 mistakes");
  expect(text).toContain("family.patch_size: got 7; allowed: a divisor of image_size, 30");
  expect(text).toContain("family.anchors[0].heads: got 4; allowed: a divisor of the width, 30");
  expect(text).toContain("family.anchors[1].name: got a");
});

test("key-value heads divide the heads; a sequence fits the positions", async () => {
  const text = await message({
    family: {
      kind: "llama",
      vocabulary_size: 10,
      max_positions: 8,
      sequence_length: 9,
      anchors: [{ name: "a", width: 30, depth: 2, heads: 4, kv_heads: 3, head_dim: 8, mlp_width: 8 }],
    },
  });
  expect(text).toContain("kv_heads: got 3; allowed: a divisor of the number of heads, 4");
  expect(text).toContain("sequence_length: got 9; allowed: at most max_positions, 8");
  expect(text).not.toContain("anchors[0].heads");
});

test.each([0, -8, 1.5, 2 ** 25, Number.NaN])("a width of %s is refused by the schema", async (width) => {
  const sizes = [{ width, depth: 2 }];
  await expect(plan({ family: vit(sizes) })).rejects.toThrow();
});

test("sizes that overflow exact integers are refused", async () => {
  const huge = 2 ** 24;
  const anchors = [{ name: "a", width: huge, depth: huge, heads: 1 }];
  const text = await message({ family: { kind: "vit", image_size: huge, patch_size: 1, anchors } });
  expect(text).toContain("allowed: up to 2^53");
});

test("one anchor plans as itself, and refuses to be stitched", async () => {
  const family = vit(two.slice(0, 1));
  const made = await plan({ family });
  expect([made.space.rule, made.totals.stitches, made.intervals.length]).toEqual(["anchors", 1, 1]);
  expect(await message({ family, space: { rule: "two-way" } })).toContain("got two-way with one anchor");
});

test("paired names the depths that differ", async () => {
  const family = vit([
    { width: 16, depth: 4 },
    { width: 32, depth: 6 },
  ]);
  expect(await message({ family, space: { rule: "paired" } })).toContain(
    "(a0 4, a1 6); allowed: unpaired, two-way, anchors",
  );
  expect((await plan({ family })).space.rule).toBe("unpaired");
});

test("a space with no stitch left says why and what to do", async () => {
  const family = vit(two);
  const error = await failure(() => plan({ family, space: { rule: "paired", kernel: 1, stride: 8 } }));
  expect(error.message).toContain("all 1 routes cost more than the dearest anchor");
  expect(error).toMatchObject({ hint: expect.stringContaining("keep_costlier_than_dearest_anchor") });
  const shallow = vit([
    { width: 16, depth: 1 },
    { width: 32, depth: 1 },
  ]);
  expect(await message({ family: shallow, space: { rule: "two-way" } })).toContain(
    "the rule joins no blocks",
  );
});

test("a space of too many stitches ends early", async () => {
  const sizes = two.map(({ width }) => ({ width, depth: 4000 }));
  const space = { rule: "paired", kernel: 4000, keep_costlier_than_dearest_anchor: true } as const;
  expect(await message({ family: vit(sizes), space })).toContain("more than 2000000 stitches");
}, 60_000);

test("weights that are neither folder nor hub id are named by their anchor", async () => {
  const family = {
    ...(vit(two) as object),
    anchors: [{ name: "a", width: 16, depth: 2, heads: 2, weights: "nowhere" }],
  };
  expect(await message({ family: family as ConfigInput["family"] })).toContain(
    "family.anchors[0].weights: got nowhere",
  );
});

test("a built-in's classes are not to be contradicted", async () => {
  const task = { type: "image-classification", data: "digits", classes: 12 } as const;
  expect(await message({ family: "tiny-vit", task })).toContain("task.classes: got 12; digits has 10");
});

test("steps: given, or enough for each stitch, or for each anchor alone; unknown for epochs and without a task", async () => {
  const task = { type: "image-classification", data: "digits" } as const;
  const steps = async (input: object) => (await plan({ family: "tiny-vit", ...input })).totals.steps;
  expect(await steps({ task, training: { steps: 7 } })).toBe(7);
  expect(await steps({ task, training: { steps: 7 }, method: { name: "lora" } })).toBe(21);
  expect(await steps({ task })).toBe(40 * 30);
  expect(await steps({ task, method: { name: "lora" } })).toBe(3 * 400);
  expect(await steps({ task, training: { epochs: 2 } })).toBeNull();
  expect(await steps({})).toBeNull();
});
