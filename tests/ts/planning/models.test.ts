/** Families from model folders and the hub cache: config.json in, shapes out. */
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { packageRoot } from "../../../ts/planning/package-root.js";
import { scratch } from "../../scratch.js";
import { failure, plan, planIn } from "./helpers.js";

afterEach(() => {
  vi.unstubAllEnvs();
});

function model(folder: string, name: string, settings: object): string {
  mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, name, "config.json"), JSON.stringify(settings));
  return join(folder, name);
}

const llama = (settings: object) => ({
  model_type: "llama",
  vocab_size: 100,
  hidden_size: 32,
  num_hidden_layers: 4,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  intermediate_size: 80,
  max_position_embeddings: 64,
  ...settings,
});

test("the folders of tiny-vit plan like its entry of the catalog, with absolute folders", async () => {
  const folders = ["s", "m", "l"].map((size) =>
    join(packageRoot(), "models", "tiny-vit", `tiny-vit-${size}`),
  );
  const task = { type: "image-classification", data: "digits" } as const;
  const [made, catalog] = [await plan({ family: folders, task }), await plan({ family: "tiny-vit", task })];
  expect(made.stitches).toEqual(catalog.stitches);
  expect(made.family.input).toEqual(catalog.family.input);
  expect(made.anchors.map(({ weights }) => weights)).toEqual(
    folders.map((location) => ({ source: "folder", location, revision: null })),
  );
});

test("relative folders are those of the configuration, and order of size is ours", async () => {
  const here = scratch();
  model(here, "big", llama({ hidden_size: 64, num_hidden_layers: 6 }));
  model(here, "small", llama({}));
  const made = await planIn(here, { family: ["./big", "small"] });
  expect(made.anchors.map(({ name }) => name)).toEqual(["small", "big"]);
  expect(made.anchors[0]?.weights?.location).toBe(join(here, "small"));
  expect(made.family).toMatchObject({ kind: "llama", tokens: 64, classes: 100, name: "big+small" });
});

test("folders of one name get a number", async () => {
  const here = scratch();
  const family = [model(here, "one/model", llama({})), model(here, "two/model", llama({ hidden_size: 64 }))];
  expect((await plan({ family })).anchors.map(({ name }) => name)).toEqual(["model", "model-2"]);
});

test("each architecture's own rules are read from its config.json", async () => {
  const here = scratch();
  const shape = async (settings: object) => {
    const made = await plan({ family: [model(here, "model", settings)] });
    return {
      ...made.family.input,
      ...made.anchors[0]?.extra,
      mlp: made.anchors[0]?.mlp_width,
      classes: made.family.classes,
    };
  };
  const vit = {
    hidden_size: 32,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    image_size: [28, 28],
    patch_size: 7,
  };
  expect(
    await shape({ model_type: "deit", ...vit, intermediate_size: 50, id2label: { 0: "a", 1: "b", 2: "c" } }),
  ).toMatchObject({
    distillation_token: true,
    image_size: 28,
    mlp: 50,
    classes: 3,
  });
  const dinov2 = { ...vit, model_type: "dinov2_with_registers", use_swiglu_ffn: true };
  expect(await shape(dinov2)).toMatchObject({
    registers: 4,
    swiglu: true,
    mlp: 88,
    position_grid: 4,
    classes: 2,
  });
  expect(await shape(llama({ model_type: "qwen2" }))).toMatchObject({ qkv_bias: true, output_bias: false });
  expect(await shape(llama({ model_type: "qwen3" }))).toMatchObject({ qk_norm: true, head_dim: 128 });
  expect(await shape(llama({ attention_bias: true, rope_parameters: { rope_theta: 5e5 } }))).toMatchObject({
    qkv_bias: true,
    output_bias: true,
    rope_theta: 5e5,
    kv_heads: 2,
  });
});

test("DINOv2 takes images of its preprocessor's size and stores positions of its own", async () => {
  const here = scratch();
  const settings = {
    model_type: "dinov2",
    hidden_size: 32,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    patch_size: 14,
  };
  const folder = model(here, "dino", { ...settings, image_size: 518 });
  writeFileSync(
    join(folder, "preprocessor_config.json"),
    JSON.stringify({ do_center_crop: true, crop_size: { height: 224, width: 224 } }),
  );
  const made = await plan({ family: [folder] });
  expect(made.family).toMatchObject({ tokens: 257, input: { image_size: 224, position_grid: 37 } });
});

test("models that do not fit are all named with what they differ in", async () => {
  const here = scratch();
  const family = [
    model(here, "a", llama({})),
    model(here, "b", llama({ vocab_size: 200 })),
    model(here, "c", { model_type: "bert" }),
  ];
  const error = await failure(() => plan({ family }));
  expect(error).toMatchObject({ code: "configuration" });
  expect(error.message).toContain("family[1]: vocabulary_size: got 200");
  expect(error.message).toContain("family[2]: got");
  expect(error.message).toContain("of kind bert");
});

test("different token counts and classes are told; a task's own head makes classes agree", async () => {
  const here = scratch();
  const vit = {
    model_type: "vit",
    hidden_size: 32,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    patch_size: 7,
  };
  const a = model(here, "a", { ...vit, image_size: 28, num_labels: 3 });
  const b = model(here, "b", { ...vit, hidden_size: 64, image_size: 28, num_labels: 4 });
  const c = model(here, "c", { ...vit, image_size: 56, num_labels: 3 });
  expect((await failure(() => plan({ family: [a, b] }))).message).toContain("classes: got 4");
  expect((await failure(() => plan({ family: [a, c] }))).message).toContain("image_size: got 56");
  const task = { type: "image-classification", data: "digits" } as const;
  expect((await plan({ family: [a, b], task })).family.classes).toBe(10);
});

test.each([
  ["no config.json", undefined, "no such file"],
  ["no JSON", "{", "cannot read"],
  ["an unknown architecture", '{"model_type": "swin"}', 'model_type: got "swin"; allowed: vit, deit'],
  ["no model_type", "{}", "model_type: got nothing"],
  ["a size that is none", '{"model_type": "vit", "hidden_size": -1}', "hidden_size"],
  ["an oblong image", '{"model_type": "vit", "image_size": [28, 56]}', "only square images"],
])("a folder with %s is refused by name", async (_what, text, part) => {
  const folder = join(scratch(), "model");
  mkdirSync(folder);
  if (text !== undefined) writeFileSync(join(folder, "config.json"), text);
  const error = await failure(() => plan({ family: [folder] }));
  expect(error).toMatchObject({ code: "configuration" });
  expect(error.message).toContain("family[0]");
  expect(error.message).toContain(part);
});

test("a hub id plans from the cache, with the commit that it holds, and else says how to fetch it", async () => {
  const cache = scratch();
  vi.stubEnv("HF_HUB_CACHE", cache);
  const missing = await failure(() => plan({ family: ["owner/model"] }));
  expect(missing.message).toContain("esta fetch owner/model");
  const commit = "0123456789012345678901234567890123456789";
  const root = join(cache, "models--owner--model");
  mkdirSync(join(root, "refs"), { recursive: true });
  writeFileSync(join(root, "refs", "main"), commit);
  cpSync(join(packageRoot(), "models", "tiny-vit", "tiny-vit-s"), join(root, "snapshots", commit), {
    recursive: true,
  });
  const made = await plan({ family: ["owner/model"] });
  expect(made.anchors[0]).toMatchObject({
    name: "model",
    width: 16,
    weights: { source: "hub", location: "owner/model", revision: commit },
  });
});

const roberta = {
  model_type: "roberta",
  vocab_size: 100,
  hidden_size: 32,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  intermediate_size: 64,
  max_position_embeddings: 66,
  type_vocab_size: 1,
};

test("a RoBERTa's positions begin behind the padding token's number", async () => {
  const made = await plan({ family: [model(scratch(), "r", roberta)] });
  expect(made.family).toMatchObject({ kind: "bert", tokens: 64 });
  expect(made.family.input).toMatchObject({
    max_positions: 66,
    sequence_length: 64,
    type_vocabulary_size: 1,
  });
});

test("a sentence encoder pools as the file beside its weights says, and has no pooler to count", async () => {
  const here = scratch();
  const [plain, mean] = ["plain", "mean"].map((name) =>
    model(here, name, { ...roberta, model_type: "bert" }),
  );
  model(join(here, "mean"), "1_Pooling", {});
  writeFileSync(
    join(here, "mean", "1_Pooling", "config.json"),
    JSON.stringify({ pooling_mode_mean_tokens: true }),
  );
  const [first, second] = [await plan({ family: [`${plain}`] }), await plan({ family: [`${mean}`] })];
  expect([first, second].map(({ family }) => family.input.pooling)).toEqual(["pooler", "mean"]);
  const params = [first, second].map(({ anchors }) => anchors[0]?.params ?? 0);
  expect((params[0] ?? 0) - (params[1] ?? 0)).toBe(32 * 32 + 32);
  const error = await failure(() => plan({ family: [`${plain}`, `${mean}`] }));
  expect(error.message).toContain("pooling: got");
});
