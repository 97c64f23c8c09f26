/**
 * Step times of some arms, measured side by side: short trainings by turns (a, b, a, b, ...), one process at a time, so
 * that what else the machine does meets all of them. Kept in the sweep's folder, since steps follow from them.
 */
import { existsSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { StepTimes } from "../../analysis/comparison/data.js";
import { meanStepTime, type StepSample } from "../../analysis/step-time.js";
import type { EngineEvent } from "../../engine/events.js";
import { EstaError } from "../../errors.js";
import { adapt } from "../adapt.js";
import type { EngineJob, EngineOptions } from "../engine-job.js";
import type { Run } from "../open-run.js";
import type { Sweep, SweepArm } from "../read-sweep.js";
import { replaceFile } from "../replace-file.js";
import { planCell, type SweepCell } from "./cells.js";

const ROUNDS = 3;
/** The first steps of a process also warm it up. */
const IGNORED_STEPS = 5;
const LEAST_STEPS = 40;
const QUICK_STEPS = 10;

const recordSchema = z.object({
  schema_version: z.literal(1),
  key: z.string(),
  threads: z.number(),
  device: z.string(),
  arms: z.array(z.object({ arm: z.string(), step_ms: z.number(), rounds_ms: z.array(z.number()) })),
});

export interface TimingOptions extends EngineOptions {
  readonly allowDownload?: boolean;
  onRound?(arm: string, round: number, rounds: number): void;
  /** Each training that is started. */
  onJob?(job: EngineJob<Run>): void;
}

/** Measures `arms`, or reads what was measured of the same plans; null where `signal` stopped it. */
export async function measureStepTimes(
  sweep: Sweep,
  arms: readonly SweepArm[],
  options: TimingOptions,
): Promise<StepTimes | null> {
  const rounds = sweep.quick ? 1 : ROUNDS;
  const seed = sweep.seeds[0] as number;
  const cells = await Promise.all(arms.map((arm) => timingCell(sweep, arm, seed)));
  const file = join(sweep.folder, "step-times.json");
  const key = `${rounds} rounds of ${cells.map(({ hash }) => hash).join(" ")}`;
  const known = readRecord(file);
  if (known?.key === key) return known;
  const turns = new Map<string, number[]>(cells.map(({ arm }) => [arm, []]));
  let where = { threads: 1, device: "cpu" };
  for (let round = 0; round < rounds; round += 1) {
    for (const cell of cells) {
      options.onRound?.(cell.arm, round + 1, rounds);
      const timed = await timeOnce(cell, sweep.folder, options);
      if (timed === null) return null;
      turns.get(cell.arm)?.push(timed.step_ms);
      where = { threads: timed.threads, device: timed.device };
    }
  }
  const record = {
    ...{ schema_version: 1 as const, key, ...where },
    arms: [...turns].map(([arm, rounds_ms]) => ({ arm, step_ms: median(rounds_ms), rounds_ms })),
  };
  await replaceFile(file, `${JSON.stringify(record, null, 2)}\n`);
  return record;
}

/** Steps of `arm` that take as long as those of the plan `target`; for each model where they are tuned one by one. */
export function stepsOfSameTime(times: StepTimes, arm: SweepCell, target: SweepCell): number {
  const stepMs = (name: string) => times.arms.find((one) => one.arm === name)?.step_ms ?? Number.NaN;
  const total = totalSteps(target);
  const steps = Math.round((total * stepMs(target.arm)) / stepMs(arm.arm) / timesOver(arm));
  return Math.max(1, steps);
}

function totalSteps({ arm, plan }: SweepCell): number {
  if (plan.totals.steps !== null) return plan.totals.steps;
  throw new EstaError(
    "configuration",
    `${arm}: got epochs; allowed: steps, for an arm whose time another takes`,
    {
      hint: "Give training.steps in the sweep's base.",
    },
  );
}

/** How many models a method tunes one after the other, each for the configured steps. */
function timesOver({ plan }: SweepCell): number {
  const { steps } = plan.config.training;
  return plan.totals.steps === null || steps === undefined ? 1 : plan.totals.steps / steps;
}

/** Enough steps to have drawn stitches all over the costs. */
async function timingCell(sweep: Sweep, arm: SweepArm, seed: number): Promise<SweepCell> {
  const probe = await planCell(sweep, arm, seed, { steps: 1 });
  const wanted = sweep.quick ? QUICK_STEPS : Math.max(LEAST_STEPS, 2 * probe.plan.stitches.length);
  return planCell(sweep, arm, seed, { steps: Math.ceil((wanted + IGNORED_STEPS) / timesOver(probe)) });
}

interface Timed {
  readonly step_ms: number;
  readonly threads: number;
  readonly device: string;
}

/** One short training, stopped after its last step; its folder is taken away again. */
async function timeOnce(cell: SweepCell, folder: string, options: TimingOptions): Promise<Timed | null> {
  const runDir = join(folder, ".step-times", cell.hash.slice(0, 8));
  await rm(runDir, { recursive: true, force: true });
  const { onRound: _, onJob: __, ...engine } = options;
  const job = adapt(cell.plan, { ...engine, runDir });
  options.onJob?.(job);
  const timer = new StepTimer(cell);
  try {
    for await (const event of job) {
      timer.add(event);
      if (timer.done) job.cancel();
    }
    const outcome = await job.result;
    return timer.done || outcome.status === "finished" ? timer.result() : null;
  } catch (error) {
    if (options.signal?.aborted) return null; // killed on request
    if (!(error instanceof EstaError)) throw error;
    const { code, hint, details } = error;
    throw new EstaError(code, `measuring the step time of ${cell.arm}: ${error.message}`, {
      hint: [hint, "`--arm` runs the others without it."].filter(Boolean).join(" "),
      details,
      cause: error,
    });
  } finally {
    await rm(join(folder, ".step-times"), { recursive: true, force: true });
  }
}

class StepTimer {
  readonly #cell: SweepCell;
  readonly #samples: StepSample[] = [];
  /** Mean MACs of the steps whose probabilities are known, times their number. */
  #macs = 0;
  #steps = 0;
  #threads = 1;
  #device = "cpu";
  done = false;

  constructor(cell: SweepCell) {
    this.#cell = cell;
  }

  add(event: EngineEvent): void {
    if (event.event === "started") {
      this.#threads = event.threads;
      this.#device = event.device;
    }
    if (event.event !== "step") return;
    const { stitches } = this.#cell.plan;
    const macs = (ids: readonly number[]) => ids.reduce((sum, id) => sum + (stitches[id]?.macs ?? 0), 0);
    if (event.step > IGNORED_STEPS) {
      this.#samples.push({ macs: macs(event.stitches), step_ms: event.step_ms });
    }
    if (event.probabilities !== undefined) {
      const mean = event.probabilities.reduce((sum, share, id) => sum + share * (stitches[id]?.macs ?? 0), 0);
      this.#macs += (event.step - this.#steps) * mean * event.stitches.length;
      this.#steps = event.step;
    }
    this.done = event.step === this.#cell.plan.totals.steps;
  }

  result(): Timed {
    const step_ms = meanStepTime(this.#samples, this.#macs / this.#steps);
    return { step_ms, threads: this.#threads, device: this.#device };
  }
}

function readRecord(file: string): z.infer<typeof recordSchema> | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return recordSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return undefined; // measured again
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] as number) + (sorted[Math.ceil(middle)] as number)) / 2;
}
