/** `method`: how the stitches are trained. A union on `name`; each method has its own defaults. */
import { z } from "zod";
import { count, positive, share, size } from "./fields.js";

export const ATTENTION_TARGETS = ["query", "key", "value", "output"] as const;
export const LORA_TARGETS = [...ATTENTION_TARGETS, "mlp"] as const;
export const BIAS_SITES = ["all", "after-stitch", "stitching-layer", "none"] as const;
/** Scores of the drawn stitch in each step, and those that all stitches get once, after training. */
export const STEP_SCORES = ["snip", "normalised-snip", "fisher", "gradient-norm", "training-loss"] as const;
export const FINAL_SCORES = ["final-training-loss", "kl-to-largest"] as const;
export const SCORES = [...STEP_SCORES, ...FINAL_SCORES] as const;
export const TEACHERS = ["none", "tuned", "co-trained"] as const;
export const PRESETS = ["paper"] as const;
export const SAMPLING_STRATEGIES = ["importance", "uniform", "cost-group"] as const;
export const INITIALISATIONS = ["least-squares", "random", "feature-matching"] as const;
export const HEAD_STARTS = ["random", "least-squares"] as const;

/**
 * Unless given, LoRA's rates where decoders are tuned with instructions: with those of other tasks a pre-trained
 * one gets fewer answers right (docs/experiments.md).
 */
export const DECODER_LORA_RATES = { learning_rate: 1e-3, stitching_learning_rate: 1e-3 } as const;

/**
 * Unless given, how heads start where texts are read. On encoders, whose features are as many as the examples can pin down,
 * fitted heads gained nothing (docs/experiments.md); decoders keep their own.
 */
export const TEXT_HEAD_START = "random";

const learningRate = (value: number, of: string, ofDecoders = value) => {
  const other = ofDecoders === value ? "" : `; ${ofDecoders} with task instruction-tuning`;
  return positive.default(value).describe(`Learning rate of ${of}${other}.`);
};

const loraSchema = z.strictObject({
  rank: size.default(8).describe("Rank of the updates."),
  alpha: positive.default(16).describe("The update is scaled by alpha / rank."),
  targets: z
    .array(z.enum(LORA_TARGETS))
    .min(1)
    .default([...LORA_TARGETS])
    .describe("Linears that carry LoRA: those of self-attention, and mlp for all of the MLP's."),
  learning_rate: learningRate(5e-3, "the LoRA modules", DECODER_LORA_RATES.learning_rate),
  stitching_rank: size.default(8).describe("LoRA rank of the stitching layers."),
  stitching_learning_rate: learningRate(
    1e-2,
    "the stitching layers' LoRA",
    DECODER_LORA_RATES.stitching_learning_rate,
  ),
});

const headSchema = z.strictObject({ learning_rate: learningRate(1e-2, "the heads") });

export const estaSchema = z
  .strictObject({
    name: z.literal("esta").describe("Efficient stitchable task adaptation (arXiv 2311.17352)."),
    preset: z
      .enum(PRESETS)
      .optional()
      .describe("Defaults of what is not given here: paper, the form that was published (docs/method.md)."),
    lora: loraSchema.prefault({}),
    stitch_bias: z
      .strictObject({
        sites: z
          .enum(BIAS_SITES)
          .default("after-stitch")
          .describe(
            "Where each stitch has biases of its own; after-stitch: its stitching layer and what follows.",
          ),
        shared: z
          .boolean()
          .default(false)
          .describe("Biases on every block and stitching layer that all stitches share, besides."),
        learning_rate: learningRate(3e-3, "the stitches' biases"),
      })
      .prefault({}),
    head: headSchema.prefault({}),
    initialisation: z
      .strictObject({
        method: z
          .enum(INITIALISATIONS)
          .default("least-squares")
          .describe("How a stitching layer starts; random is for comparison."),
        samples: size.default(100).describe("Training examples whose token rows the least squares see."),
        ridge: z
          .number()
          .min(0)
          .default(1e-6)
          .describe("Ridge on the normal equations, relative to their mean diagonal."),
        matching: z
          .strictObject({
            steps: size.default(100).describe("Adam's steps on each stitching layer, after least squares."),
            learning_rate: learningRate(1e-3, "that matching"),
          })
          .prefault({})
          .describe("Of feature-matching: routes are to give their end anchor's features before the head."),
        heads: z
          .enum(HEAD_STARTS)
          .default("least-squares")
          .describe(
            "How a new head starts; least-squares: fitted to the features that its whole anchor gives; " +
              `${TEXT_HEAD_START} with tasks on texts.`,
          ),
        head_samples: size.default(1000).describe("Training examples that the heads' least squares see."),
      })
      .prefault({}),
    anchors_first: z
      .strictObject({
        share: z
          .number()
          .min(0)
          .lt(1)
          .default(0)
          .describe("Share of the steps that train whole anchors by turns, before any stitch."),
        refit: z
          .boolean()
          .default(true)
          .describe("Initialise the stitching layers anew on the tuned anchors."),
      })
      .prefault({}),
    importance: z
      .strictObject({
        score: z
          .enum(SCORES)
          .default("final-training-loss")
          .describe("What chooses the palette and steers the draws; compared inside a cost interval only."),
        also: z
          .array(z.enum(SCORES))
          .optional()
          .describe("Scores recorded besides, to be ranked by esta compare; they neither steer nor choose."),
        momentum: share.default(0.9).describe("Of the moving average of a stitch's scores."),
        samples: size
          .default(256)
          .describe("Training examples that scores see which are taken once, after training."),
      })
      .prefault({}),
    sampling: z
      .strictObject({
        strategy: z.enum(SAMPLING_STRATEGIES).default("importance").describe("How stitches are drawn."),
        temperature: positive
          .default(1)
          .describe("Above 1 flattens the distribution inside a cost interval."),
        floor: share
          .default(0.3)
          .describe("Share of the draws beside the anchors' own that stay uniform over all stitches."),
        anchor_share: share.default(0.5).describe("Share of the draws kept for whole anchors."),
        anchor_cost_exponent: z
          .number()
          .min(0)
          .max(1)
          .default(0.5)
          .describe(
            "Whole anchors get steps in proportion to MACs to the power of minus this; 0: equally many, 1: equal compute.",
          ),
        warmup_draws: z
          .number()
          .min(0)
          .default(3)
          .describe("Draws a stitch, taken uniformly in random order, before the scores steer."),
      })
      .prefault({}),
    stitches_per_step: size.default(1).describe("Stitches that each step trains."),
    distillation: z
      .strictObject({
        teacher: z
          .enum(TEACHERS)
          .default("none")
          .describe(
            "The largest anchor: tuned, a copy frozen once anchors were trained first; or co-trained.",
          ),
        weight: share.default(0.5).describe("Of the teacher's targets in the loss, beside the labels."),
        temperature: positive.default(2).describe("Softens the teacher's and the stitch's distributions."),
      })
      .prefault({}),
  })
  .refine((method) => method?.distillation?.teacher !== "tuned" || method.anchors_first?.share > 0, {
    error: "a tuned teacher needs anchors_first.share above 0",
    path: ["distillation", "teacher"],
    when: () => true,
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

export const loraMethodSchema = z.strictObject({
  name: z
    .literal("lora")
    .describe(
      "Each anchor, or each of the stitches given, alone: LoRA, and all biases of its route trained.",
    ),
  ...alone,
  lora: loraSchema.prefault({}),
  bias: z
    .strictObject({
      train: z.boolean().default(true).describe("Whether the biases of the route are trained."),
      learning_rate: learningRate(1e-3, "the biases"),
    })
    .prefault({}),
  head: headSchema.prefault({}),
  initialisation: initialisationSchema,
});
export type LoraMethodConfig = z.infer<typeof loraMethodSchema>;

export const fullSchema = z.strictObject({
  name: z
    .literal("full")
    .describe("Each anchor, or each of the stitches given, alone, with every weight tuned."),
  ...alone,
  learning_rate: learningRate(1e-3, "every weight but the heads'"),
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
  learning_rate: learningRate(1e-3, "every weight but the heads'"),
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
  learning_rate: learningRate(1e-3, "every weight but the heads'"),
  stitching: z
    .strictObject({
      rank: size.default(64).describe("LoRA rank of the stitching layers; at most their smaller width."),
      alpha: positive.default(64).describe("The update is scaled by alpha / rank."),
      learning_rate: learningRate(1e-3, "the stitching layers' LoRA and biases"),
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

/** The method of a configuration that names none. */
export const DEFAULT_METHOD = "esta";

/** Methods that tune stitches one by one, sharing nothing between them. */
export const ALONE_METHODS = ["lora", "full", "linear-probe"] as const;
export type AloneConfig = Extract<MethodConfig, { name: (typeof ALONE_METHODS)[number] }>;

/** Methods that tune the anchors' weights; weights that train stay in fp32, and where the optimizer is. */
export const TUNING_METHODS = ["snnet", "snnetv2", "full"] as const;

export function isAlone(method: MethodConfig): method is AloneConfig {
  return isAloneName(method.name);
}

export function isAloneName(name: string): boolean {
  return ALONE_METHODS.some((alone) => alone === name);
}

/** Scoring of methods without `importance` of their own, as the engine has it too. */
export const DEFAULT_SCORING = { score: "training-loss", momentum: 0.9 } as const;

/** Momentum of the moving averages of a method's scores. */
export function scoreMomentum(method: MethodConfig): number {
  return "importance" in method ? method.importance.momentum : DEFAULT_SCORING.momentum;
}

/** The score that steps record: scores that are taken after training leave the sampling to the training loss. */
export function scoreOfSteps(score: string): string {
  return FINAL_SCORES.some((final) => final === score) ? "training-loss" : score;
}
