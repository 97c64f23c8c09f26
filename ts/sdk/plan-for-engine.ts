/** A plan as the engine is given it: a file in a temporary folder, which whoever asked for it takes away again. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writePlan } from "../planning/plan-file.js";
import type { Plan } from "../planning/plan-schema.js";

export interface PlanFile {
  readonly path: string;
  remove(): Promise<void>;
}

export async function planForEngine(plan: Plan): Promise<PlanFile> {
  const folder = await mkdtemp(join(tmpdir(), "estakit-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  const path = join(folder, "plan.json");
  try {
    await writePlan(path, plan);
  } catch (error) {
    await remove();
    throw error;
  }
  return { path, remove };
}
