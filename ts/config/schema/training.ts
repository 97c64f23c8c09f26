/** `training`: length, optimizer, schedule, precision, checkpoints, seeds. */
import { z } from "zod";
import { count, positive, seed, share, size } from "./fields.js";

export const OPTIMIZERS = ["adamw", "sgd"] as const;
export const SCHEDULES = ["cosine", "linear", "constant"] as const;
export const PRECISIONS = ["fp32", "bf16"] as const;
export const OFF_ROUTE_BLOCKS = ["device", "cpu"] as const;
export const FROZEN_PRECISIONS = [...PRECISIONS, "int8", "nf4"] as const;

export const trainingSchema = z
  .strictObject({
    steps: size
      .optional()
      .describe("Optimizer steps; for methods that tune models one by one, for each of them."),
    epochs: positive.optional().describe("Passes over the training part, instead of steps."),
    batch_size: size.default(32).describe("Examples whose gradients are taken at once."),
    accumulation: size.default(1).describe("Batches whose gradients make one step."),
    optimizer: z
      .strictObject({
        name: z.enum(OPTIMIZERS).default("adamw").describe("Of all trained weights."),
        weight_decay: z
          .number()
          .min(0)
          .default(0)
          .describe("AdamW's is decoupled from the gradients; SGD's is added to them."),
        momentum: share.lt(1).default(0.9).describe("SGD's momentum, AdamW's first beta."),
        second_momentum: share.lt(1).default(0.999).describe("AdamW's second beta."),
      })
      .prefault({}),
    schedule: z.enum(SCHEDULES).default("cosine").describe("Of the learning rates after the warm-up."),
    warmup_steps: count
      .default(20)
      .describe("Linear warm-up; cut to a tenth of the steps where they are few."),
    clip_norm: positive.nullable().default(1).describe("Largest gradient norm of a step; null: no clipping."),
    label_smoothing: z.number().min(0).lt(1).default(0).describe("Share of a label spread over all classes."),
    precision: z.enum(PRECISIONS).default("fp32").describe("bf16: autocast, trained weights stay fp32."),
    frozen_precision: z
      .enum(FROZEN_PRECISIONS)
      .default("fp32")
      .describe(
        "How frozen weights are kept: bf16 takes half of fp32's memory, int8 a quarter, nf4 (with bitsandbytes) a seventh; arithmetic and what trains stay as `precision` says.",
      ),
    off_route_blocks: z
      .enum(OFF_ROUTE_BLOCKS)
      .default("device")
      .describe(
        "Where frozen blocks wait that a step's route does not use: cpu moves each route's blocks to the accelerator before it runs, and the others off it.",
      ),
    activation_checkpointing: z
      .boolean()
      .default(false)
      .describe("Compute activations again in the backward pass: less memory, more time."),
    checkpoint_every: size.default(100).describe("Steps between checkpoints."),
    seeds: z
      .strictObject({
        initialisation: seed.default(0).describe("Of the weights that start at random."),
        data: seed.default(0).describe("Of splits, order and augmentation."),
        sampling: seed.default(0).describe("Of the stitches that are drawn."),
      })
      .prefault({}),
  })
  .refine((training) => training?.steps === undefined || training.epochs === undefined, {
    error: "give steps or epochs, not both",
    path: ["epochs"],
    // Reported beside other mistakes of the section, not only once these are mended.
    when: () => true,
  });
export type TrainingConfig = z.infer<typeof trainingSchema>;
