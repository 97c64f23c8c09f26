/**
 * `family`: which pre-trained models are stitched. A catalog name, a list of model folders, GGUF files or hub ids
 * (their `config.json` or header gives the shapes), or an inline family whose shapes are typed.
 */
import { z } from "zod";
import { count, name, path, positive, size } from "./fields.js";

export const FAMILY_KINDS = ["vit", "dinov2", "bert", "llama"] as const;
export type FamilyKind = (typeof FAMILY_KINDS)[number];

/** Where an anchor's weights are; only needed to run, never to plan. */
export const weightsSchema = z.union([
  path.describe(
    "A model folder in Hugging Face layout, a GGUF file, or a hub id such as facebook/deit-tiny-patch16-224.",
  ),
  z.strictObject({
    hub: z
      .string()
      .regex(/^[\w.-]+\/[\w.-]+$/, { error: "a hub id looks like owner/name" })
      .describe("Hub id, owner/name."),
    revision: z.string().min(1).optional().describe("Commit, tag or branch; the catalog pins commits."),
  }),
  z.strictObject({ packaged: path.describe("A folder that ships with estakit, relative to its root.") }),
]);
export type WeightsConfig = z.infer<typeof weightsSchema>;

const ANCHORS = "Shapes of the models, smallest first.";
const anchorFields = {
  name: name.describe("Name of the anchor, as tables and stitches show it."),
  width: size.describe("Hidden size d."),
  depth: size.describe("Number of transformer blocks."),
  heads: size.describe("Attention heads; divides the width."),
  mlp_width: size.optional().describe("Inner width of the MLP; 4 * width unless given."),
  weights: weightsSchema.optional().describe("Where its weights are; needed to run, not to plan."),
};

const imageFields = {
  image_size: size.describe("Side of the square input in pixels."),
  patch_size: size.describe("Side of a patch in pixels; divides image_size."),
  channels: size.default(3).describe("Of the images: 3 for colour, 1 for grey."),
  classes: size.default(1000).describe("Classes of the pre-trained head; a task's own head replaces it."),
};

const vitAnchor = z.strictObject(anchorFields);
const bertAnchor = z.strictObject(anchorFields);
const llamaAnchor = z.strictObject({
  ...anchorFields,
  mlp_width: size.describe("Inner width of the gated MLP; it has no usual multiple of the width."),
  kv_heads: size.optional().describe("Key-value heads; divides heads. Equal to heads unless given."),
  head_dim: size.optional().describe("Size of one head; width / heads unless given."),
  tie_embeddings: z.boolean().optional().describe("Overrides the family's tie_embeddings for this anchor."),
});

export const vitFamilySchema = z.strictObject({
  kind: z.literal("vit").describe("Vision transformers as ViT and DeiT."),
  ...imageFields,
  qkv_bias: z.boolean().default(true).describe("Biases of the query, key and value projections."),
  distillation_token: z.boolean().default(false).describe("The second token of distilled DeiT models."),
  pooling: z.enum(["class-token", "mean"]).default("class-token").describe("What the head sees."),
  anchors: z.array(vitAnchor).min(1).describe(ANCHORS),
});

export const dinov2FamilySchema = z.strictObject({
  kind: z.literal("dinov2").describe("Vision transformers as DINOv2."),
  ...imageFields,
  position_grid: size
    .optional()
    .describe("Side of the stored position grid; larger than the input's when positions are interpolated."),
  registers: count.default(0).describe("Register tokens beside the class token."),
  swiglu: z.boolean().default(false).describe("SwiGLU MLP, as DINOv2-giant has."),
  qkv_bias: z.boolean().default(true).describe("Biases of the query, key and value projections."),
  anchors: z
    .array(
      vitAnchor.extend({
        swiglu: z.boolean().optional().describe("Overrides the family's swiglu for this anchor."),
      }),
    )
    .min(1)
    .describe(ANCHORS),
});

export const bertFamilySchema = z.strictObject({
  kind: z.literal("bert").describe("Text encoders as BERT and RoBERTa."),
  vocabulary_size: size.describe("Tokens that the embedding knows."),
  max_positions: size.default(512).describe("Longest input in tokens."),
  sequence_length: size
    .optional()
    .describe("Tokens of a text that costs are counted for; 2048, or max_positions where that is less."),
  type_vocabulary_size: count.default(2).describe("Kinds of segments; 0 where there is no such embedding."),
  classes: size.default(2).describe("Classes of the pre-trained head; a task's own head replaces it."),
  pooler: z.boolean().default(true).describe("Whether the head sees the class token through a pooler."),
  pooling: z
    .enum(["pooler", "class-token", "mean"])
    .optional()
    .describe(
      "What the head sees: the class token, through the pooler or itself, or the mean of all tokens but padding; as `pooler` says unless given.",
    ),
  anchors: z.array(bertAnchor).min(1).describe(ANCHORS),
});

export const llamaFamilySchema = z.strictObject({
  kind: z.literal("llama").describe("Language models as LLaMA, Qwen2 and Qwen3."),
  vocabulary_size: size.describe("Tokens that the embedding knows."),
  tie_embeddings: z.boolean().default(false).describe("Whether the output layer is the input embedding."),
  qkv_bias: z.boolean().default(false).describe("Biases of the query, key and value projections."),
  output_bias: z.boolean().default(false).describe("Bias of the attention's output projection."),
  mlp_bias: z.boolean().default(false).describe("Biases of the MLP's linears."),
  qk_norm: z.boolean().default(false).describe("RMSNorm on queries and keys, as Qwen3 has."),
  rope_theta: positive.default(10_000).describe("Base of the rotary embedding's wavelengths."),
  max_positions: size.default(4096).describe("Longest input in tokens."),
  sequence_length: size
    .optional()
    .describe("Tokens of a text that costs are counted for; 2048, or max_positions where that is less."),
  anchors: z.array(llamaAnchor).min(1).describe(ANCHORS),
});

export const inlineFamilySchema = z.discriminatedUnion("kind", [
  vitFamilySchema,
  dinov2FamilySchema,
  bertFamilySchema,
  llamaFamilySchema,
]);
export type InlineFamily = z.infer<typeof inlineFamilySchema>;

export const familySchema = z.union([
  name.describe("A family of the catalog; `esta families` lists them."),
  z
    .array(path)
    .min(1)
    .describe("Model folders, GGUF files or hub ids, smallest first; they give the shapes."),
  inlineFamilySchema,
]);
export type FamilyConfig = z.infer<typeof familySchema>;
