/** The cells of a sweep: one run of one arm with one seed, planned, with the folder that its plan's hash names. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseConfig } from "../../config/read.js";
import { EstaError } from "../../errors.js";
import { makePlan } from "../../planning/plan.js";
import { readPlan } from "../../planning/plan-file.js";
import type { Plan } from "../../planning/plan-schema.js";
import { planHash } from "../plan-hash.js";
import type { Sweep, SweepArm } from "../read-sweep.js";

export interface SweepCell {
  readonly arm: string;
  readonly seed: number;
  readonly folder: string;
  readonly plan: Plan;
  /** Of the plan. */
  readonly hash: string;
}

/** Plans one cell. `steps`: of the training, instead of what the arm says. */
export async function planCell(
  sweep: Sweep,
  arm: SweepArm,
  seed: number,
  options: { steps?: number } = {},
): Promise<SweepCell> {
  const own = await planArm(sweep, arm, seed);
  const steps =
    options.steps === undefined ? shortened(own, sweep.divide_steps_by) : [setSteps(options.steps)];
  const plan = steps.length === 0 ? own : await planArm(sweep, arm, seed, steps);
  const hash = planHash(plan);
  const folder = join(sweep.folder, slug(arm.name), `seed-${seed}-${hash.slice(0, 8)}`);
  checkPlace(folder, hash);
  return { arm: arm.name, seed, folder, plan, hash };
}

async function planArm(
  sweep: Sweep,
  arm: SweepArm,
  seed: number,
  more: readonly string[] = [],
): Promise<Plan> {
  const seeds = `training.seeds={initialisation: ${seed}, data: ${seed}, sampling: ${seed}}`;
  const config = parseConfig(sweep.base.text, {
    source: `${sweep.base.source} (arm ${arm.name})`,
    baseFolder: sweep.base.folder,
    ...(arm.method === undefined ? {} : { method: arm.method }),
    set: [...arm.set, ...more, seeds],
  });
  // The sweep decides where its runs lie.
  return makePlan({ ...config, run: { ...config.run, folder: undefined } });
}

function shortened({ config }: Plan, divisor: number): string[] {
  const { steps, epochs } = config.training;
  if (divisor === 1) return [];
  if (epochs !== undefined) return [`training.epochs=${epochs / divisor}`];
  return steps === undefined ? [] : [setSteps(Math.ceil(steps / divisor))];
}

/** Epochs of the base give way. */
const setSteps = (steps: number): string => `training.steps=${steps}`;

/** Letters, digits and a few signs: safe as a folder's name anywhere. */
function slug(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9._=+-]+/g, "-");
}

/** A folder of this name with another plan was changed by hand: the name holds the hash. */
function checkPlace(folder: string, hash: string): void {
  const file = join(folder, "plan.json");
  if (!existsSync(file) || planHash(readPlan(file)) === hash) return;
  throw new EstaError("usage", `${file} is not the plan that its folder is named after`, {
    hint: "Move the folder away; the sweep then runs it anew.",
  });
}
