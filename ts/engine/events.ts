/** Events that the engine writes to `events.ndjson`, and to fd 3 of the process that started it. */
import { z } from "zod";

export const PHASES = ["load", "initialise", "train", "choose", "evaluate", "measure", "write"] as const;
export type Phase = (typeof PHASES)[number];

const head = { schema_version: z.literal(1), run_id: z.string(), time: z.string() };
const event = <Name extends string, Shape extends z.ZodRawShape>(name: Name, shape: Shape) =>
  z.object({ ...head, event: z.literal(name), ...shape });
/** Numbers that were not finite arrive as null, and their names in `non_finite`. */
const measure = z.number().nullable();
const metrics = z.record(z.string(), measure);

export const eventSchema = z.discriminatedUnion("event", [
  event("started", {
    command: z.enum(["adapt", "resume", "evaluate", "latency", "export"]),
    method: z.string(),
    device: z.string(),
    threads: z.number(),
    stitches: z.number(),
    steps: z.number(),
    resumed_from_step: z.number().nullable(),
  }),
  event("phase", { phase: z.enum(PHASES), total: z.number().nullable() }),
  event("step", {
    step: z.number().describe("1-based, of the whole run."),
    stitches: z.array(z.number()),
    loss: measure,
    scores: z.array(measure).describe("Score of each drawn stitch in this step, before averaging."),
    learning_rate_factor: z.number(),
    gradient_norm: measure,
    probabilities: z
      .array(z.number())
      .optional()
      .describe(
        "Of every stitch, in the phase of this step; written with checkpoints and where a phase ends.",
      ),
    step_ms: z.number(),
    examples: z.number(),
  }),
  event("checkpoint", { step: z.number(), write_ms: z.number() }),
  event("palette_chosen", {
    stitches: z.array(z.number()),
    score: z.string(),
    scores: z.array(measure).describe("Of every stitch, null where it was never drawn."),
    draws: z.array(z.number()),
    also: z
      .record(z.string(), z.array(measure))
      .optional()
      .describe("The same of each score of importance.also, by its name."),
  }),
  event("stitch_evaluated", {
    stitch: z.number(),
    split: z.string(),
    metrics,
    examples: z.number(),
    evaluate_ms: z.number(),
  }),
  event("round", {
    round: z.number().describe("1-based; in each, every stitch of a measurement of latency runs once."),
    rounds: z.number(),
  }),
  event("latency_measured", {
    stitch: z.number(),
    batch_size: z.number(),
    median_ms: z.number(),
    low_ms: z.number(),
    high_ms: z.number(),
  }),
  event("probed", {
    stitch: z.number().describe("Of the step with the larger peak, where two were taken."),
    device: z.string(),
    peak_bytes: z
      .number()
      .describe("Peak of one training step over what was held before the anchors were loaded."),
    step_ms: z.number().describe("Of the slower step."),
  }),
  event("dry_run", {
    anchors: z.array(z.object({ name: z.string(), params: z.number() })),
    stitches: z.number().describe("All of them have the plan's parameters."),
    routes: z
      .array(z.object({ stitch: z.number(), name: z.string(), logits: z.array(z.number()) }))
      .describe("One of each kind, whose shapes fit; `logits`: of one example."),
  }),
  event("warning", { code: z.string(), message: z.string(), hint: z.string().nullable() }),
  event("finished", { outputs: z.array(z.string()), seconds: z.number(), training_seconds: z.number() }),
  event("failed", {
    code: z.enum(["plan", "environment", "data", "weights", "numeric", "busy", "unexpected"]),
    message: z.string(),
    hint: z.string().nullable(),
    step: z.number().nullable(),
    stitch: z.number().nullable(),
    checkpoint_step: z.number().nullable(),
  }),
  event("stopped", { signal: z.string(), step: z.number(), checkpoint_step: z.number().nullable() }),
]);
export type EngineEvent = z.infer<typeof eventSchema>;
