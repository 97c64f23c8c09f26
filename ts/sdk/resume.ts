/** Goes on with a run that was stopped or killed; the result is bit-identical to an uninterrupted one. */
import { resolve } from "node:path";
import { readPlan } from "../planning/plan-file.js";
import { type AdaptJob, type AdaptOptions, trainingFlags } from "./adapt.js";
import { interpreterOf, runEngine } from "./engine-job.js";
import { openRun, runFile } from "./open-run.js";

export type ResumeOptions = Omit<AdaptOptions, "runDir" | "force">;

/** Starts from the last checkpoint of the run in `folder`, or from its plan where there is none yet. */
export function resume(folder: string, options: ResumeOptions = {}): AdaptJob {
  const runDir = resolve(folder);
  const plan = readPlan(runFile(runDir, "plan.json"));
  const job = runEngine(
    async () => ["resume", "--run-dir", runDir, ...trainingFlags(options)],
    () => openRun(runDir),
    interpreterOf(plan, options),
  );
  return { ...job, runDir, plan };
}
