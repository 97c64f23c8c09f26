/** Measures what one training step of a plan really takes, to set beside the planner's estimate. */
import type { Plan } from "../planning/plan-schema.js";
import { type PlanJobOptions, runPlanJob } from "./plan-job.js";

export interface ProbeOptions extends PlanJobOptions {
  allowDownload?: boolean | undefined;
}

export interface Probe {
  /** The stitch that was trained for one step: the dearest; with a teacher, that or the dearest that learns from it. */
  stitch: number;
  device: string;
  /** Peak over what the process held before the anchors were loaded. */
  peak_bytes: number;
  /** Of the slower step, with a teacher. */
  step_ms: number;
}

/** glibc keeps freed tensors unless told to map each by itself: then the process's peak is that of live memory. */
const ALLOCATOR = { MALLOC_MMAP_THRESHOLD_: "65536", MALLOC_TRIM_THRESHOLD_: "65536" };

/** Loads the plan's anchors and takes one training step on blank inputs. @throws EstaError */
export async function probePlan(plan: Plan, options: ProbeOptions = {}): Promise<Probe> {
  const args = options.allowDownload ? ["--allow-download"] : [];
  const job = { ...options, command: "probe", args, env: ALLOCATOR, answer: "probed" } as const;
  const { stitch, device, peak_bytes, step_ms } = await runPlanJob(plan, job);
  return { stitch, device, peak_bytes, step_ms };
}
