/** The files of a run folder that TypeScript reads: what the engine writes, as schemas. */
import { z } from "zod";
import { segmentSchema } from "../planning/plan-schema.js";

/** Parts of a task's data. */
export const SPLITS = ["train", "validation", "test"] as const;
export type Split = (typeof SPLITS)[number];

const measure = z.number().nullable();

/** One line of `evaluations.ndjson`. */
export const evaluationSchema = z.object({
  schema_version: z.literal(1),
  stitch: z.number(),
  split: z.enum(SPLITS),
  metrics: z.record(z.string(), measure),
  examples: z.number(),
  guess: z
    .number()
    .optional()
    .describe("Choice accuracy of guessing: the mean of one over an example's choices, where it has some."),
});
export type Evaluation = z.infer<typeof evaluationSchema>;

const sampleHead = {
  schema_version: z.literal(1),
  stitch: z.number(),
  split: z.enum(["validation", "test"]),
  example: z.number().describe("Position in the split."),
  expected: z.string(),
};

/** One line of `samples.ndjson`: what a network of the palette says to a held-out example. */
export const sampleSchema = z.discriminatedUnion("kind", [
  z.object({
    ...sampleHead,
    kind: z.literal("classification"),
    image: z.string().optional().describe("A small PNG as a data URI."),
    text: z.string().optional(),
    text_pair: z.string().optional(),
    predicted: z.string(),
    probability: measure.describe("Of the predicted class."),
  }),
  z.object({
    ...sampleHead,
    kind: z.literal("answer"),
    prompt: z.array(z.object({ role: z.string(), content: z.string() })),
    answer: z.string().nullable().describe("Null where the network's numbers were not finite."),
    cut: z.boolean().describe("Whether it would have gone on."),
  }),
]);
export type Sample = z.infer<typeof sampleSchema>;

/** One line of `latencies.ndjson`: how long one forward pass of a stitch's merged network took. */
export const latencySchema = z.object({
  schema_version: z.literal(1),
  stitch: z.number(),
  device: z.string(),
  device_name: z.string(),
  threads: z.number(),
  batch_size: z.number(),
  tokens: z.number().describe("Of one sequence."),
  repeats: z.number(),
  median_ms: z.number(),
  low_ms: z.number().describe("First quartile."),
  high_ms: z.number().describe("Third quartile."),
  time: z.string().describe("When the measurement ended; stitches measured side by side share it."),
});
export type Latency = z.infer<typeof latencySchema>;

/** `palette/palette.json`. */
export const paletteSchema = z.object({
  schema_version: z.literal(1),
  method: z.string(),
  score: z.string(),
  task: z.object({
    type: z.string(),
    metric: z.string(),
    classes: z.array(z.string()).describe("Names of the classes, in order of the head's outputs."),
  }),
  anchors: z.array(
    z.object({
      name: z.string(),
      source: z.string(),
      location: z.string(),
      revision: z.string().nullable(),
      sha256: z.string(),
    }),
  ),
  stitches: z.array(
    z.object({
      id: z.number(),
      name: z.string(),
      route: z.array(segmentSchema),
      stitching_layers: z.array(z.number()),
      macs: z.number(),
      params: z.number(),
      interval: z.number(),
      score: measure,
      draws: z.number(),
      metrics: z.record(z.string(), z.record(z.string(), measure)).describe("split -> metric -> value"),
    }),
  ),
});
export type Palette = z.infer<typeof paletteSchema>;

/** `environment.json`: enough to say what produced a result. */
export const environmentSchema = z.object({
  schema_version: z.literal(1),
  run_id: z.string(),
  python: z.string(),
  platform: z.string(),
  packages: z.record(z.string(), z.string()),
  device: z.string(),
  device_name: z.string(),
  threads: z.number(),
  git: z.object({ commit: z.string(), dirty: z.boolean() }).nullable(),
  seeds: z.record(z.string(), z.number()),
});
export type Environment = z.infer<typeof environmentSchema>;
