/** Runs one cell to its end: fresh, from its checkpoint, or only what its evaluation still lacks. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { isAlone } from "../../config/schema/method.js";
import type { EngineEvent } from "../../engine/events.js";
import { tunedAlone } from "../../planning/alone.js";
import { adapt } from "../adapt.js";
import type { EngineJob, EngineOptions } from "../engine-job.js";
import { evaluate } from "../evaluate.js";
import { openRun, type Run } from "../open-run.js";
import { resume } from "../resume.js";
import type { StitchSet } from "../stitch-choice.js";
import type { SweepCell } from "./cells.js";

/** What a cell's folder holds before anything runs. */
export type CellState = "finished" | "unevaluated" | "interrupted" | "new";

export interface CellOptions extends EngineOptions {
  readonly evaluate: StitchSet;
  readonly allowDownload?: boolean;
  onPhase(phase: "started" | "resumed" | "evaluating"): void;
  onEvent(event: EngineEvent): void;
  /** Is told of each job, so that it can be killed. */
  onJob(job: EngineJob<Run>): void;
}

export async function cellState(cell: SweepCell, wanted: StitchSet): Promise<CellState> {
  if (!existsSync(join(cell.folder, "plan.json"))) return "new";
  const run = await openRun(cell.folder);
  if (run.palette === undefined) return "interrupted";
  return wanted === "palette" || isWhole(run) ? "finished" : "unevaluated";
}

/** The finished run, or null where it was stopped. */
export async function runCell(cell: SweepCell, options: CellOptions): Promise<Run | null> {
  const { python, signal, allowDownload, evaluate: wanted } = options;
  const engine = { ...(python ? { python } : {}), ...(signal ? { signal } : {}) };
  const training = { ...engine, allowDownload: allowDownload ?? false, evaluate: wanted };
  const state = await cellState(cell, wanted);
  if (state === "new" || state === "interrupted") {
    options.onPhase(state === "new" ? "started" : "resumed");
    const job =
      state === "new"
        ? adapt(cell.plan, { ...training, runDir: cell.folder })
        : resume(cell.folder, training);
    if (!(await follow(job, options))) return null;
  }
  // A run that was made by itself, or was stopped after it had written its palette.
  if (wanted === "all" && !isWhole(await openRun(cell.folder))) {
    options.onPhase("evaluating");
    if (!(await follow(evaluate(await openRun(cell.folder), { ...engine, stitches: "all" }), options)))
      return null;
  }
  return openRun(cell.folder);
}

/** Whether it finished; a stop writes a checkpoint first. */
async function follow(job: EngineJob<Run>, options: CellOptions): Promise<boolean> {
  options.onJob(job);
  for await (const event of job) options.onEvent(event);
  return (await job.result).status === "finished";
}

/** Whether all stitches were measured that can be: of those tuned one by one, the others were never trained. */
function isWhole({ plan, evaluations }: Run): boolean {
  const { method } = plan.config;
  const wanted = isAlone(method) ? tunedAlone(method).length : plan.stitches.length;
  const measured = new Set(evaluations.filter(({ split }) => split === "test").map(({ stitch }) => stitch));
  return measured.size >= wanted;
}
