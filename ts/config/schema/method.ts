/** `method`: how the stitches are trained. A union on `name`; each method has its own defaults. */
import { z } from "zod";
import { positive, share, size } from "./fields.js";

export const LORA_TARGETS = ["query", "key", "value", "output"] as const;
export const BIAS_SITES = ["all", "after-stitch", "stitching-layer", "none"] as const;
export const SCORES = ["snip", "normalised-snip", "fisher", "gradient-norm", "training-loss"] as const;
export const SAMPLING_STRATEGIES = ["importance", "uniform", "cost-group"] as const;
export const INITIALISATIONS = ["least-squares", "random"] as const;

const learningRate = (value: number) => positive.default(value);

const loraSchema = z.strictObject({
  rank: size.default(4),
  alpha: positive.default(8).describe("The update is scaled by alpha / rank."),
  targets: z
    .array(z.enum(LORA_TARGETS))
    .min(1)
    .default([...LORA_TARGETS])
    .describe("Linears of self-attention that carry LoRA."),
  learning_rate: learningRate(1e-2),
});

const headSchema = z.strictObject({ learning_rate: learningRate(1e-2) });

export const estaSchema = z.strictObject({
  name: z.literal("esta").describe("Efficient stitchable task adaptation (arXiv 2311.17352)."),
  lora: loraSchema
    .extend({ stitching_rank: size.default(8).describe("LoRA rank of the stitching layers.") })
    .prefault({}),
  stitch_bias: z
    .strictObject({
      sites: z
        .enum(BIAS_SITES)
        .default("after-stitch")
        .describe(
          "Where each stitch has biases of its own; after-stitch: its stitching layer and what follows.",
        ),
      learning_rate: learningRate(1e-3),
    })
    .prefault({}),
  head: headSchema.prefault({}),
  initialisation: z
    .strictObject({
      method: z.enum(INITIALISATIONS).default("least-squares"),
      samples: size.default(100).describe("Training examples whose token rows the least squares see."),
      ridge: z
        .number()
        .min(0)
        .default(1e-6)
        .describe("Ridge on the normal equations, relative to their mean diagonal."),
    })
    .prefault({}),
  importance: z
    .strictObject({
      score: z.enum(SCORES).default("snip"),
      momentum: share.default(0.9).describe("Of the moving average of a stitch's scores."),
    })
    .prefault({}),
  sampling: z
    .strictObject({
      strategy: z.enum(SAMPLING_STRATEGIES).default("importance"),
      temperature: positive.default(1).describe("Above 1 flattens the distribution inside a cost interval."),
      floor: share.default(0.3).describe("Share of the draws that stay uniform over all stitches."),
      anchor_share: share.default(0.1).describe("Share of the draws kept for whole anchors."),
      warmup_draws: z
        .number()
        .min(0)
        .default(3)
        .describe("Draws a stitch, taken uniformly in random order, before the scores steer."),
    })
    .prefault({}),
  stitches_per_step: size.default(1),
});
export type EstaConfig = z.infer<typeof estaSchema>;

export const loraMethodSchema = z.strictObject({
  name: z
    .literal("lora")
    .describe("Each anchor alone, with LoRA on its attention and all its biases trained."),
  lora: loraSchema.prefault({}),
  bias: z.strictObject({ train: z.boolean().default(true), learning_rate: learningRate(1e-3) }).prefault({}),
  head: headSchema.prefault({}),
});
export type LoraMethodConfig = z.infer<typeof loraMethodSchema>;

export const snnetSchema = z.strictObject({
  name: z
    .literal("snnet")
    .describe("SN-Net (arXiv 2302.06586): every weight tuned, one stitch a step, drawn uniformly."),
  learning_rate: learningRate(1e-3),
  head: headSchema.prefault({}),
  initialisation: estaSchema.shape.initialisation,
});
export type SnnetConfig = z.infer<typeof snnetSchema>;

export const methodSchema = z.discriminatedUnion("name", [estaSchema, loraMethodSchema, snnetSchema]);
export type MethodConfig = z.infer<typeof methodSchema>;
export const METHOD_NAMES = methodSchema.options.map((option) => option.shape.name.value);
