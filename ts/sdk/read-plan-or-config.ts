/** Takes what a user names, a configuration or a plan.json, and gives the plan. */
import { closeSync, openSync, readSync } from "node:fs";
import { type ReadConfigOptions, readConfig } from "../config/read.js";
import { EstaError } from "../errors.js";
import { makePlan } from "../planning/plan.js";
import { readPlan } from "../planning/plan-file.js";
import type { Plan } from "../planning/plan-schema.js";

/** A plan is executed exactly as it is, so overrides go with a configuration only. @throws EstaError */
export async function readPlanOrConfig(file: string, options: ReadConfigOptions = {}): Promise<Plan> {
  if (!holdsPlan(file)) return makePlan(readConfig(file, options));
  if ((options.set?.length ?? 0) > 0 || options.method !== undefined) {
    throw new EstaError(
      "usage",
      `${file} is a plan, which is executed exactly; it takes no --set and no --method`,
      {
        hint: "Give the configuration that it was made from.",
      },
    );
  }
  return readPlan(file);
}

/** A plan is JSON; its first key tells it from a configuration, and a plan may be too large to read twice. */
function holdsPlan(file: string): boolean {
  if (!file.endsWith(".json")) return false;
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, "r");
    const head = Buffer.alloc(200);
    const length = readSync(descriptor, head, 0, head.length, 0);
    return /^\s*\{\s*"schema_version"/.test(head.toString("utf8", 0, length));
  } catch {
    return false;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
