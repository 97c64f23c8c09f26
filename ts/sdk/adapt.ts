/** Adapts a family to a task: one training run that gives a palette. */
import { join, resolve } from "node:path";
import { EstaError } from "../errors.js";
import type { Plan } from "../planning/plan-schema.js";
import { type EngineJob, type EngineOptions, interpreterOf, runEngine } from "./engine-job.js";
import { openRun, type Run } from "./open-run.js";
import { planForEngine } from "./plan-for-engine.js";
import type { StitchSet } from "./stitch-choice.js";

export interface AdaptOptions extends EngineOptions {
  /** The run folder; the plan's own, or `runs/FAMILY-METHOD-TIME`, unless given. */
  runDir?: string;
  /** Replaces what the run folder holds. */
  force?: boolean;
  /** Lets the engine download the anchors' weights from the hub. */
  allowDownload?: boolean;
  /** What is measured on the test split, once the scores have chosen the palette: it alone unless given. */
  evaluate?: StitchSet;
}

export interface AdaptJob extends EngineJob<Run> {
  readonly runDir: string;
  readonly plan: Plan;
}

/**
 * Starts to execute `plan` exactly. The job's result is the finished run, opened.
 *
 * @throws EstaError("configuration") at once where the plan has no task or no weights.
 */
export function adapt(plan: Plan, options: AdaptOptions = {}): AdaptJob {
  checkExecutable(plan);
  const runDir = resolve(options.runDir ?? plan.config.run.folder ?? defaultFolder(plan));
  const file = planForEngine(plan);
  const job = runEngine(
    async () => {
      const { path } = await file;
      const force = options.force ? ["--force"] : [];
      return ["run", "--plan", path, "--run-dir", runDir, ...force, ...trainingFlags(options)];
    },
    () => openRun(runDir),
    interpreterOf(plan, options),
  );
  const clean = async () => (await file.catch(() => undefined))?.remove();
  job.result.then(clean, clean);
  return { ...job, runDir, plan };
}

/** Of the engine's two commands that train. */
export function trainingFlags({ allowDownload, evaluate }: AdaptOptions): string[] {
  const download = allowDownload ? ["--allow-download"] : [];
  return [...download, ...(evaluate === undefined ? [] : ["--evaluate", evaluate])];
}

function checkExecutable(plan: Plan): void {
  if (plan.config.task === undefined) {
    throw new EstaError("configuration", "the plan has no task, so there is nothing to adapt to", {
      hint: "Add a `task` section to the configuration, for example `task: {type: image-classification, data: digits}`.",
    });
  }
  const bare = plan.anchors.filter((anchor) => anchor.weights === null).map((anchor) => anchor.name);
  if (bare.length > 0) {
    throw new EstaError("configuration", `no weights are named for ${bare.join(", ")}`, {
      hint: "Give each anchor `weights`: a model folder in Hugging Face layout, or a hub id.",
    });
  }
}

function defaultFolder(plan: Plan): string {
  const time = new Date().toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-");
  return join("runs", `${plan.family.name}-${plan.config.method.name}-${time}`);
}
