/** Measures stitches of a finished run; what was measured before is not measured again. */
import { EstaError } from "../errors.js";
import { type EngineJob, type EngineOptions, interpreterOf, runEngine } from "./engine-job.js";
import { openRun, type Run } from "./open-run.js";

export interface EvaluateOptions extends EngineOptions {
  /** The palette (default), every stitch of the plan, or these ids. */
  stitches?: "palette" | "all" | readonly number[];
  split?: "train" | "validation" | "test";
}

/** Starts to evaluate; the job's result is the run with the new evaluations. */
export function evaluate(run: Run, options: EvaluateOptions = {}): EngineJob<Run> {
  const stitches = options.stitches ?? "palette";
  if (typeof stitches !== "string") checkIds(run, stitches);
  const list = typeof stitches === "string" ? stitches : stitches.join(",");
  const split = options.split ?? "test";
  return runEngine(
    async () => ["evaluate", "--run-dir", run.folder, "--stitches", list, "--split", split],
    () => openRun(run.folder),
    interpreterOf(run.plan, options),
  );
}

function checkIds(run: Run, ids: readonly number[]): void {
  const known = run.plan.stitches.length;
  const unknown = ids.filter((id) => !Number.isInteger(id) || id < 0 || id >= known);
  if (unknown.length > 0) {
    throw new EstaError(
      "usage",
      `no stitch ${unknown.join(", ")} in this run; ids go from 0 to ${known - 1}`,
      {
        hint: "`esta plan --json` and the run's plan.json list the stitches.",
      },
    );
  }
}
