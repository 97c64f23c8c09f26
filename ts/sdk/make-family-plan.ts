/** The plan of a family of the catalog by itself: its shapes, costs and stitches, without a task. */
import { parseConfig } from "../config/read.js";
import { makePlan } from "../planning/plan.js";
import type { Plan } from "../planning/plan-schema.js";

/** The plan of the catalog's family `name`. @throws EstaError("configuration") for an unknown one. */
export async function makeFamilyPlan(name: string): Promise<Plan> {
  return makePlan(parseConfig(JSON.stringify({ version: 1, family: name }), { source: `family ${name}` }));
}
