/**
 * The plan: everything that a run will do, with nothing left to default. TypeScript writes it, the engine
 * checks it against the JSON Schema generated from here and executes it. Blocks are half-open ranges, ids are
 * positions, costs are integers under the convention of docs/costs.md.
 */
import { z } from "zod";
import { FAMILY_KINDS } from "../config/schema/family.js";
import { configSchema } from "../config/schema/index.js";
import { spaceSchema } from "../config/schema/space.js";

export const PLAN_SCHEMA_VERSION = 1;

const id = z.int().min(0);
const size = z.int().min(1);
const cost = z.int().min(0);

/**
 * `packaged` is relative to estakit's root, `folder` and `gguf` (a file) absolute, `hub` an owner/name with its
 * revision.
 */
export const weightsReferenceSchema = z.strictObject({
  source: z.enum(["packaged", "folder", "gguf", "hub"]),
  location: z.string().min(1),
  revision: z.string().nullable(),
});
export type WeightsReference = z.infer<typeof weightsReferenceSchema>;

export const planAnchorSchema = z.strictObject({
  id,
  name: z.string(),
  width: size,
  depth: size,
  heads: size,
  mlp_width: size,
  /** What only some kinds have: kv_heads, head_dim, tie_embeddings, swiglu. */
  extra: z.record(z.string(), z.union([z.number(), z.boolean()])),
  weights: weightsReferenceSchema.nullable(),
  macs: cost,
  params: cost,
});
export type PlanAnchor = z.infer<typeof planAnchorSchema>;

export const stitchingLayerSchema = z.strictObject({
  id,
  front_anchor: id,
  end_anchor: id,
  in_width: size,
  out_width: size,
  /** (last block of the front anchor, first block of the end anchor) of every stitch point that shares it. */
  points: z.array(z.tuple([id, id])).min(1),
});
export type StitchingLayer = z.infer<typeof stitchingLayerSchema>;

export const segmentSchema = z.strictObject({ anchor: id, start: id, end: size });
export type Segment = z.infer<typeof segmentSchema>;

export const stitchSchema = z.strictObject({
  id,
  name: z.string(),
  route: z.array(segmentSchema).min(1),
  /** One a junction, in order of the route. */
  stitching_layers: z.array(id),
  macs: cost,
  params: cost,
  /** Estimate for running the merged network on one sequence (docs/costs.md). */
  memory_bytes: cost,
  /** Index into `intervals`. */
  interval: id,
  /** SN-Netv2's cost group, for cost-group sampling. */
  cost_group: id,
});
export type Stitch = z.infer<typeof stitchSchema>;

/** Whether a stitch is one anchor from its first block to its last. */
export const isWholeAnchor = ({ route }: { route: readonly Segment[] }): boolean => route.length === 1;

export const intervalSchema = z.strictObject({
  id,
  /** In units of the deployment axis; `low` exclusive but for the first, `high` inclusive. */
  low: z.number(),
  high: z.number(),
  stitches: z.int().min(0),
});
export type Interval = z.infer<typeof intervalSchema>;

export const memorySchema = z.strictObject({
  weights_bytes: cost,
  trainable_bytes: cost,
  gradient_bytes: cost,
  optimizer_bytes: cost,
  activation_bytes: cost,
  training_bytes: cost,
  inference_bytes: cost,
});
export type PlanMemory = z.infer<typeof memorySchema>;

export const planSchema = z.strictObject({
  schema_version: z.literal(PLAN_SCHEMA_VERSION),
  config: configSchema,
  family: z.strictObject({
    name: z.string(),
    kind: z.enum(FAMILY_KINDS),
    /** Tokens a sequence, class and register tokens included. */
    tokens: size,
    /** What all anchors share, under the names of the inline family: image_size, vocabulary_size, ... */
    input: z.record(z.string(), z.union([z.number(), z.boolean(), z.string()])),
    /** Outputs of the head that the run trains: the task's classes, or the family's own. */
    classes: size,
  }),
  space: spaceSchema,
  anchors: z.array(planAnchorSchema).min(1),
  stitching_layers: z.array(stitchingLayerSchema),
  stitches: z.array(stitchSchema).min(1),
  intervals: z.array(intervalSchema).min(1),
  /** Routes left out, by reason. */
  dropped: z.strictObject({ costlier_than_dearest_anchor: z.int().min(0), identical: z.int().min(0) }),
  memory: memorySchema,
  totals: z.strictObject({
    anchors: size,
    stitches: size,
    stitching_layers: z.int().min(0),
    steps: z.int().min(0).nullable(),
  }),
});
export type Plan = z.infer<typeof planSchema>;
