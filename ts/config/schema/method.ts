/** `method`: how the stitches are trained. A union on `name`; each method has its own defaults. */
import { z } from "zod";
import { count, positive, share, size } from "./fields.js";

export const ATTENTION_TARGETS = ["query", "key", "value", "output"] as const;
export const LORA_TARGETS = [...ATTENTION_TARGETS, "mlp"] as const;
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
    .default([...ATTENTION_TARGETS])
    .describe("Linears that carry LoRA: those of self-attention, and mlp for all of the MLP's."),
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

const initialisationSchema = estaSchema.shape.initialisation;

/** What methods share that tune networks one by one. The planner makes ids of what is given. */
const alone = {
  stitches: z
    .array(z.union([count, z.string().min(1)]))
    .min(1)
    .optional()
    .describe(
      "Ids or names of the stitches that are tuned, each alone and training.steps long; whole anchors unless given.",
    ),
};
/** Stitching layers of those that are tuned alone. */
const stitchingRank = size.default(8).describe("LoRA rank of the stitching layers.");

export const loraMethodSchema = z.strictObject({
  name: z
    .literal("lora")
    .describe(
      "Each anchor, or each of the stitches given, alone: LoRA, and all biases of its route trained.",
    ),
  ...alone,
  lora: loraSchema.extend({ stitching_rank: stitchingRank }).prefault({}),
  bias: z.strictObject({ train: z.boolean().default(true), learning_rate: learningRate(1e-3) }).prefault({}),
  head: headSchema.prefault({}),
  initialisation: initialisationSchema,
});
export type LoraMethodConfig = z.infer<typeof loraMethodSchema>;

export const fullSchema = z.strictObject({
  name: z
    .literal("full")
    .describe("Each anchor, or each of the stitches given, alone, with every weight tuned."),
  ...alone,
  learning_rate: learningRate(1e-3),
  head: headSchema.prefault({}),
  initialisation: initialisationSchema,
});

export const linearProbeSchema = z.strictObject({
  name: z
    .literal("linear-probe")
    .describe("Each anchor, or each of the stitches given, alone and frozen; only a head is trained."),
  ...alone,
  head: headSchema.prefault({}),
  initialisation: initialisationSchema,
});

export const snnetSchema = z.strictObject({
  name: z
    .literal("snnet")
    .describe("SN-Net (arXiv 2302.06586): every weight tuned, one stitch a step, drawn uniformly."),
  learning_rate: learningRate(1e-3),
  head: headSchema.prefault({}),
  initialisation: initialisationSchema,
});
export type SnnetConfig = z.infer<typeof snnetSchema>;

export const snnetv2Schema = z.strictObject({
  name: z
    .literal("snnetv2")
    .describe(
      "SN-Netv2 (arXiv 2307.00154): anchors tuned, stitching layers frozen but for LoRA and bias, cost groups drawn.",
    ),
  learning_rate: learningRate(1e-3),
  stitching: z
    .strictObject({
      rank: size.default(64).describe("LoRA rank of the stitching layers; at most their smaller width."),
      alpha: positive.default(64).describe("The update is scaled by alpha / rank."),
      learning_rate: learningRate(1e-3),
    })
    .prefault({}),
  head: headSchema.prefault({}),
  initialisation: initialisationSchema,
});

export const methodSchema = z.discriminatedUnion("name", [
  estaSchema,
  snnetSchema,
  snnetv2Schema,
  loraMethodSchema,
  fullSchema,
  linearProbeSchema,
]);
export type MethodConfig = z.infer<typeof methodSchema>;
export const METHOD_NAMES = methodSchema.options.map((option) => option.shape.name.value);

/** Methods that tune stitches one by one, sharing nothing between them. */
export const ALONE_METHODS = ["lora", "full", "linear-probe"] as const;
export type AloneConfig = Extract<MethodConfig, { name: (typeof ALONE_METHODS)[number] }>;

export function isAlone(method: MethodConfig): method is AloneConfig {
  return isAloneName(method.name);
}

export function isAloneName(name: string): boolean {
  return ALONE_METHODS.some((alone) => alone === name);
}
