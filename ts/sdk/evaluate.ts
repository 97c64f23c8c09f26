/** Measures stitches of a finished run; what was measured before is not measured again. */
import type { Split } from "../engine/run-files.js";
import { type EngineJob, type EngineOptions, interpreterOf, runEngine } from "./engine-job.js";
import { openRun, paletteOf, type Run } from "./open-run.js";
import { type StitchChoice, stitchList } from "./stitch-choice.js";

export interface EvaluateOptions extends EngineOptions {
  /** The palette (default), every stitch of the plan, or these ids. */
  stitches?: StitchChoice;
  split?: Split | undefined;
}

/**
 * Starts to evaluate; the job's result is the run with the new evaluations.
 *
 * @throws EstaError("usage") for a run that has not finished, and for a stitch that it has not.
 */
export function evaluate(run: Run, options: EvaluateOptions = {}): EngineJob<Run> {
  paletteOf(run);
  const list = stitchList(run, options.stitches);
  const split = options.split ?? "test";
  return runEngine(
    async () => ["evaluate", "--run-dir", run.folder, "--stitches", list, "--split", split],
    () => openRun(run.folder),
    interpreterOf(run.plan, options),
  );
}
