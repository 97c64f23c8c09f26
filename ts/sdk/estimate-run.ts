/**
 * A rough guess, before anything runs, of how long training takes on one CPU thread. It is for choosing between
 * minutes and days; `esta watch` has the real figure once a run has begun.
 */
import { isAlone } from "../config/schema/method.js";
import type { Plan } from "../planning/plan-schema.js";

/**
 * What one thread of a present-day CPU does in fp32 matrix products, and what a step costs besides: measured once
 * on `tiny-vit` (31 stitches, batch 32, one thread of a cloud machine): 45 to 90 ms a step.
 */
const FLOPS_PER_SECOND = 30e9;
const SECONDS_PER_STEP = 0.025;
/** A forward pass, and a backward pass that costs about twice as much, at two operations a multiply-add. */
const FLOPS_PER_MAC = 2 * 3;

export interface RunEstimate {
  /** Optimizer steps; null where epochs are given and the number of examples is not known. */
  steps: number | null;
  /** Training alone, on one CPU thread, right within a factor of about three. */
  seconds: number | null;
}

/** `examples`: of the training part, needed where the plan counts epochs. */
export function estimateRun(plan: Plan, examples?: number): RunEstimate {
  const { training, method } = plan.config;
  const batch = training.batch_size * training.accumulation;
  const byEpochs =
    training.epochs === undefined || examples === undefined
      ? null
      : Math.ceil((training.epochs * examples) / batch);
  const steps = plan.totals.steps ?? byEpochs;
  if (steps === null) return { steps: null, seconds: null };
  const drawn = method.name === "esta" ? method.stitches_per_step : 1;
  const trained = isAlone(method)
    ? plan.stitches.filter(({ id }) => method.stitches?.includes(id))
    : plan.stitches;
  const macs = trained.reduce((sum, stitch) => sum + stitch.macs / trained.length, 0);
  // The plan's MACs are an image's, or one token's.
  const tokens = "image_size" in plan.family.input ? 1 : plan.family.tokens;
  const step = SECONDS_PER_STEP + (FLOPS_PER_MAC * macs * tokens * batch * drawn) / FLOPS_PER_SECOND;
  return { steps, seconds: steps * step };
}
