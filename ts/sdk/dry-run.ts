/** Tries a plan without weights: the engine builds its networks from shapes alone, on PyTorch's meta device. */
import type { Plan } from "../planning/plan-schema.js";
import { type PlanJobOptions, runPlanJob } from "./plan-job.js";

export interface DryRun {
  anchors: { name: string; params: number }[];
  /** Every one of them has the parameters that the plan says. */
  stitches: number;
  /** One route of each kind, which its shapes fit all through; `logits`: their shape for one example. */
  routes: { stitch: number; name: string; logits: number[] }[];
}

/**
 * Shows that parameters and shapes are those of the library's models.
 *
 * @throws EstaError("configuration") that names the first stitch of which they are not.
 */
export async function dryRunPlan(plan: Plan, options: PlanJobOptions = {}): Promise<DryRun> {
  const job = { ...options, command: "dry-run", answer: "dry_run" } as const;
  const { anchors, stitches, routes } = await runPlanJob(plan, job);
  return { anchors, stitches, routes };
}
