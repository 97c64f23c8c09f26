/**
 * The planner's side of the contract with `transformers`: tests/contract/costs/transformers.json holds what
 * we claim of every family of the catalog and of every option of the inline families, and
 * tests/python/contract/test_costs.py holds it to the real classes on the meta device. After a wanted change:
 * `npx vitest run tests/ts/planning/contract.test.ts -u`.
 */
import { expect, test } from "vitest";
import { type InlineFamily, inlineFamilySchema } from "../../../ts/config/schema/family.js";
import type { ConfigInput } from "../../../ts/config/schema/index.js";
import { bertHeadMacs } from "../../../ts/planning/architectures/bert.js";
import { type AnchorCosts, anchorCost, type FamilyCosts } from "../../../ts/planning/architectures/costs.js";
import { familyCosts, ownClasses } from "../../../ts/planning/architectures/index.js";
import { listFamilies, readFamily } from "../../../ts/planning/catalog.js";
import { countTrainable } from "../../../ts/planning/memory.js";
import { plan } from "./helpers.js";

const image = { image_size: 28, patch_size: 7, channels: 1, classes: 7 };
const small = [
  { name: "a", width: 24, depth: 2, heads: 3 },
  { name: "b", width: 40, depth: 3, heads: 5, mlp_width: 80 },
];
const decoders = [
  { name: "a", width: 24, depth: 2, heads: 3, mlp_width: 50 },
  { name: "b", width: 48, depth: 3, heads: 4, kv_heads: 2, head_dim: 16, mlp_width: 70 },
];

/** Families that between them use every option of the inline forms. */
const OPTIONS: Record<string, unknown> = {
  "vit-no-bias": { kind: "vit", ...image, qkv_bias: false, anchors: small },
  "vit-distilled": { kind: "vit", ...image, channels: 3, distillation_token: true, anchors: small },
  "dinov2-plain": { kind: "dinov2", ...image, anchors: small },
  "dinov2-registers": {
    kind: "dinov2",
    ...image,
    registers: 4,
    position_grid: 6,
    qkv_bias: false,
    anchors: small,
  },
  "dinov2-swiglu": {
    kind: "dinov2",
    ...image,
    swiglu: true,
    anchors: [
      { name: "a", width: 24, depth: 2, heads: 3 },
      { name: "b", width: 40, depth: 3, heads: 5, swiglu: false },
    ],
  },
  "bert-short": {
    kind: "bert",
    vocabulary_size: 99,
    max_positions: 20,
    sequence_length: 13,
    classes: 5,
    anchors: small,
  },
  "llama-biased": {
    kind: "llama",
    vocabulary_size: 99,
    sequence_length: 11,
    qkv_bias: true,
    output_bias: true,
    mlp_bias: true,
    anchors: decoders,
  },
  "llama-tied": {
    kind: "llama",
    vocabulary_size: 99,
    sequence_length: 11,
    tie_embeddings: true,
    anchors: decoders,
  },
  "qwen3-like": { kind: "llama", vocabulary_size: 99, sequence_length: 11, qk_norm: true, anchors: decoders },
};

/** Matrix products of one whole image or text, which is what torch counts. */
function matmulMacsOfSequence(family: InlineFamily, costs: FamilyCosts, anchor: AnchorCosts): number {
  const { stem, block, head, depth, width } = anchor;
  const body = stem.matmulMacs + depth * block.matmulMacs;
  if (family.kind === "bert") return costs.tokens * body + bertHeadMacs(width, costs.classes, family.pooler);
  if (family.kind === "llama") return costs.tokens * (body + head.matmulMacs);
  return body + head.matmulMacs;
}

function claims(name: string, family: InlineFamily) {
  const costs = familyCosts(family, ownClasses(family));
  const anchors = costs.anchors.map((anchor) => ({
    name: anchor.name,
    width: anchor.width,
    depth: anchor.depth,
    heads: anchor.heads,
    mlp_width: anchor.mlpWidth,
    extra: anchor.extra,
    params: anchorCost(anchor).params,
    matmul_macs: matmulMacsOfSequence(family, costs, anchor),
  }));
  const { kind } = family;
  const { transformersClass, tokens, classes, input } = costs;
  return { name, kind, transformers_class: transformersClass, tokens, classes, input, anchors };
}

test("the claims that the Python suite checks are the planner's", async () => {
  const catalog = listFamilies().map((name) => claims(name, readFamily(name).family));
  const options = Object.entries(OPTIONS).map(([name, family]) =>
    claims(name, inlineFamilySchema.parse(family)),
  );
  const text = `${JSON.stringify([...catalog, ...options], null, 1)}\n`;
  await expect(text).toMatchFileSnapshot("../../contract/costs/transformers.json");
});

test("so are the numbers of trained parameters, which it counts in the engine's own networks", async () => {
  const task = { type: "image-classification", data: "digits" } as const;
  const methods: ConfigInput["method"][] = [
    { name: "esta" },
    { name: "esta", lora: { rank: 3, stitching_rank: 5, targets: ["query"] }, stitch_bias: { sites: "all" } },
    { name: "esta", stitch_bias: { sites: "stitching-layer" } },
    { name: "esta", lora: { rank: 2, targets: ["value", "mlp"] }, stitch_bias: { sites: "none" } },
    { name: "esta", stitch_bias: { shared: true } },
    { name: "esta", stitch_bias: { sites: "none", shared: true } },
    { name: "lora" },
    { name: "lora", stitches: [0, 5, 20], lora: { rank: 3, targets: ["query", "mlp"] } },
    { name: "lora", stitches: [7], bias: { train: false } },
    { name: "full" },
    { name: "full", stitches: [2, 6, 29] },
    { name: "linear-probe" },
    { name: "linear-probe", stitches: [9, 10] },
    { name: "snnet" },
    { name: "snnetv2" },
    { name: "snnetv2", stitching: { rank: 5 } },
  ];
  const cases = [];
  for (const method of methods) {
    const made = await plan({ family: "tiny-vit", task, method, training: { steps: 10 } });
    const costs = familyCosts(readFamily("tiny-vit").family, made.family.classes);
    const space = { stitches: made.stitches, layers: made.stitching_layers };
    const { shared, biases, largestBiases } = countTrainable(made.config.method, costs, space);
    cases.push(JSON.stringify({ trained: { shared, biases, largest_biases: largestBiases }, plan: made }));
  }
  await expect(`[\n${cases.join(",\n")}\n]\n`).toMatchFileSnapshot("../../contract/costs/trainable.json");
});
