import fc from "fast-check";
import { expect, test } from "vitest";
import { inlineFamilySchema } from "../../../ts/config/schema/family.js";
import { type FamilyCosts, stitchingLayerCost } from "../../../ts/planning/architectures/costs.js";
import { familyCosts, ownClasses } from "../../../ts/planning/architectures/index.js";
import { generationCost } from "../../../ts/planning/generation.js";
import type { Plan, Stitch } from "../../../ts/planning/plan-schema.js";
import { failure, plan, vit } from "./helpers.js";

/** A stitch's cost piece by piece, in BigInt: no prefix, no product, no rounding. */
function costByHand(costs: FamilyCosts, stitch: Stitch): { macs: bigint; params: bigint } {
  const total = { macs: 0n, params: 0n };
  const add = ({ matmulMacs, normMacs, params }: FamilyCosts["anchors"][number]["stem"]) => {
    total.macs += BigInt(matmulMacs) + BigInt(normMacs);
    total.params += BigInt(params);
  };
  const anchors = stitch.route.map(({ anchor }) => costs.anchors[anchor] as FamilyCosts["anchors"][number]);
  const [first, last] = [anchors[0], anchors.at(-1)];
  if (first === undefined || last === undefined) throw new Error("no anchors");
  add(first.stem);
  stitch.route.forEach(({ start, end }, index) => {
    const anchor = anchors[index] as typeof first;
    if (index > 0) add(stitchingLayerCost(costs, anchors[index - 1] as typeof first, anchor));
    for (let block = start; block < end; block++) add(anchor.block);
  });
  add(last.head);
  if (first === last) total.params -= BigInt(first.tiedParams);
  return total;
}

const size = fc.record({
  width: fc.integer({ min: 1, max: 12 }).map((n) => 8 * n),
  depth: fc.integer({ min: 2, max: 6 }),
});

test("MACs and parameters of every stitch are those of its pieces", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(size, { minLength: 2, maxLength: 3 }), fc.boolean(), async (sizes, twoWay) => {
      const rule = twoWay ? "two-way" : "unpaired";
      const family = vit(sizes);
      const made = await plan({ family, space: { rule, keep_costlier_than_dearest_anchor: true } });
      const shape = inlineFamilySchema.parse(family);
      const costs = familyCosts(shape, ownClasses(shape));
      const ordered = made.anchors.map(({ name }) => costs.anchors.find((anchor) => anchor.name === name));
      const known = { ...costs, anchors: ordered as FamilyCosts["anchors"] };
      for (const stitch of made.stitches) {
        const { macs, params } = costByHand(known, stitch);
        expect([stitch.name, BigInt(stitch.macs), BigInt(stitch.params)]).toEqual([
          stitch.name,
          macs,
          params,
        ]);
      }
    }),
    { numRuns: 60 },
  );
});

const tied = {
  kind: "llama" as const,
  vocabulary_size: 50,
  sequence_length: 16,
  tie_embeddings: true,
  anchors: [
    { name: "s", width: 16, depth: 4, heads: 2, kv_heads: 1, mlp_width: 40 },
    { name: "l", width: 32, depth: 8, heads: 4, kv_heads: 2, mlp_width: 80 },
  ],
};

test("tied embeddings are one matrix where a route ends where it began, two elsewhere", async () => {
  const made = await plan({
    family: tied,
    space: { rule: "two-way", keep_costlier_than_dearest_anchor: true },
  });
  const shape = inlineFamilySchema.parse(tied);
  for (const stitch of made.stitches) {
    const expected = costByHand(familyCosts(shape, 50), stitch);
    expect([stitch.name, BigInt(stitch.params)]).toEqual([stitch.name, expected.params]);
  }
  const [small] = made.anchors;
  const untied = await plan({ family: { ...tied, tie_embeddings: false } });
  expect(untied.anchors[0]?.params).toBe((small?.params ?? 0) + 50 * 16);
});

test("default spaces drop what costs more than its dearest anchor, and count it", async () => {
  const family = vit([
    { width: 16, depth: 4 },
    { width: 64, depth: 4 },
  ]);
  const kept = await plan({ family, space: { rule: "paired", keep_costlier_than_dearest_anchor: true } });
  const made = await plan({ family });
  const macs = made.anchors.map((anchor) => anchor.macs);
  const fits = (stitch: Stitch) =>
    stitch.macs <= Math.max(...stitch.route.map(({ anchor }) => macs[anchor] ?? 0));
  expect(made.stitches.map(({ name }) => name)).toEqual(kept.stitches.filter(fits).map(({ name }) => name));
  expect(made.dropped).toEqual({
    costlier_than_dearest_anchor: kept.stitches.length - made.stitches.length,
    identical: 0,
  });
  expect(made.dropped.costlier_than_dearest_anchor).toBeGreaterThan(0);
});

test("a route that is asked for twice is kept once and counted", async () => {
  const family = vit([
    { width: 16, depth: 4 },
    { width: 32, depth: 8 },
  ]);
  const once = await plan({ family, space: { rule: "two-way", routes: ["sl"] } });
  const twice = await plan({ family, space: { rule: "two-way", routes: ["sl", "sl"] } });
  expect(twice.stitches).toEqual(once.stitches);
  expect(twice.dropped.identical).toBe(once.stitches.length - 2);
});

test("stitching layers are only those in use, with the points of the kept routes", async () => {
  const made: Plan = await plan({ family: "deit" });
  const used = new Map<number, Set<string>>();
  for (const { route, stitching_layers } of made.stitches) {
    stitching_layers.forEach((layer, i) => {
      const point = `${(route[i]?.end ?? 0) - 1},${route[i + 1]?.start}`;
      used.set(layer, (used.get(layer) ?? new Set()).add(point));
      expect(made.stitching_layers[layer]).toMatchObject({
        id: layer,
        front_anchor: route[i]?.anchor,
        end_anchor: route[i + 1]?.anchor,
      });
    });
  }
  expect(made.stitching_layers.map(({ id }) => id)).toEqual([...used.keys()].sort((a, b) => a - b));
  for (const { id, points } of made.stitching_layers) {
    expect(points.map(String).sort()).toEqual([...(used.get(id) ?? [])].sort());
  }
});

test("a prompt as long as the sequence costs what the plan says a token; a step, the difference of prompts", async () => {
  const made = await plan({ family: tied, space: { rule: "two-way" } });
  const n = made.family.tokens;
  for (const stitch of made.stitches) {
    const at = (cachedTokens: number) => generationCost(made, stitch, { cachedTokens });
    const last = made.anchors[stitch.route.at(-1)?.anchor ?? 0];
    const head = (last?.width ?? 0) * 50;
    expect(at(n).prefill_macs).toBe(n * (stitch.macs - head) + head);
    expect(at(0).prefill_macs).toBe(head);
    // Of one token, prefill and decoding with an empty cache are the same.
    expect(at(0).decode_macs).toBe(at(1).prefill_macs);
    // Each cached token adds its keys' and its values' product.
    const blocks = stitch.route.reduce(
      (sum, { anchor, start, end }) => sum + (end - start) * (made.anchors[anchor]?.width ?? 0),
      0,
    );
    expect(at(7).decode_macs - at(6).decode_macs).toBe(2 * blocks);
    // Two key-value heads of four queries': half of the width, keys and values, two bytes.
    expect(at(5).cache_bytes).toBe((5 * 2 * 2 * blocks) / 2);
  }
  const images = await plan({ family: "deit" });
  const error = await failure(() =>
    generationCost(images, images.stitches[0] as Stitch, { cachedTokens: 1 }),
  );
  expect(error).toMatchObject({ code: "usage" });
});
