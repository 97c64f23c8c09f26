/** Configurations and families for the planner's tests. */
import { parseConfig } from "../../../ts/config/read.js";
import { type Config, type ConfigInput, configSchema } from "../../../ts/config/schema/index.js";
import { makePlan } from "../../../ts/planning/plan.js";
import type { Plan } from "../../../ts/planning/plan-schema.js";

export const config = (input: Omit<ConfigInput, "version">): Config =>
  configSchema.parse({ version: 1, ...input });

export const plan = async (input: Omit<ConfigInput, "version">): Promise<Plan> => makePlan(config(input));

/** The same with paths against `folder`, as they are in a file that lies there. */
export const planIn = async (folder: string, input: Omit<ConfigInput, "version">): Promise<Plan> =>
  makePlan(parseConfig(JSON.stringify(config(input)), { baseFolder: folder }));

export interface Size {
  width: number;
  depth: number;
}

/** An inline ViT family of these sizes, with heads of 8 channels. */
export function vit(sizes: readonly Size[]): ConfigInput["family"] {
  const anchors = sizes.map(({ width, depth }, index) => ({
    name: `a${index}`,
    width,
    depth,
    heads: width / 8,
  }));
  return { kind: "vit", image_size: 28, patch_size: 7, classes: 10, anchors };
}

/** What an awaited call throws. */
export async function failure(action: () => unknown): Promise<Error> {
  try {
    await action();
  } catch (error) {
    return error as Error;
  }
  throw new Error("it did not fail");
}
