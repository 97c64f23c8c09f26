/** Measures what one training step of a plan really takes, to set beside the planner's estimate. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findInterpreter } from "../engine/interpreter.js";
import { startJob } from "../engine/job.js";
import { EstaError } from "../errors.js";
import { writePlan } from "../planning/plan-file.js";
import type { Plan } from "../planning/plan-schema.js";

export interface ProbeOptions {
  python?: string | undefined;
  signal?: AbortSignal | undefined;
  allowDownload?: boolean | undefined;
}

export interface Probe {
  /** The stitch that was trained for one step: the dearest. */
  stitch: number;
  device: string;
  /** Peak over what the process held before the anchors were loaded. */
  peak_bytes: number;
  step_ms: number;
}

/** glibc keeps freed tensors unless told to map each by itself: then the process's peak is that of live memory. */
const ALLOCATOR = { MALLOC_MMAP_THRESHOLD_: "65536", MALLOC_TRIM_THRESHOLD_: "65536" };

/** Loads the plan's anchors and takes one training step on blank inputs. @throws EstaError */
export async function probePlan(plan: Plan, options: ProbeOptions = {}): Promise<Probe> {
  const { executable } = await findInterpreter({ python: options.python ?? plan.config.run.python });
  const folder = await mkdtemp(join(tmpdir(), "estakit-"));
  try {
    const file = join(folder, "plan.json");
    await writePlan(file, plan);
    const download = options.allowDownload ? ["--allow-download"] : [];
    const args = ["probe", "--plan", file, ...download];
    const job = startJob({ python: executable, args, env: ALLOCATOR, signal: options.signal });
    for await (const event of job) {
      if (event.event !== "probed") continue;
      const { stitch, device, peak_bytes, step_ms } = event;
      await job.result;
      return { stitch, device, peak_bytes, step_ms };
    }
    await job.result;
    throw new EstaError("engine", "the probe was stopped before it had measured");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
