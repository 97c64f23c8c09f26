/** Turns the ways in which a configuration names weights into the plan's references. */
import { existsSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import type { WeightsConfig } from "../config/schema/family.js";
import type { WeightsReference } from "./plan-schema.js";
import type { Problems } from "./problems.js";

const HUB_ID = /^[\w.-]+\/[\w.-]+$/;

/**
 * A folder is what exists as one, or begins with `/`, `./` or `../`; `owner/name` is a hub id. Relative
 * folders are resolved against `baseFolder`. Adds a problem and gives null for anything else.
 */
export function resolveWeights(
  weights: WeightsConfig | undefined,
  baseFolder: string,
  problems: Problems,
  at: string,
): WeightsReference | null {
  if (weights === undefined) return null;
  if (typeof weights === "object") {
    return "packaged" in weights
      ? { source: "packaged", location: weights.packaged, revision: null }
      : { source: "hub", location: weights.hub, revision: weights.revision ?? null };
  }
  const folder = resolve(baseFolder, weights);
  if (isAbsolute(weights) || /^\.{1,2}([/\\]|$)/.test(weights) || existsSync(folder)) {
    return { source: "folder", location: folder, revision: null };
  }
  if (HUB_ID.test(weights)) return { source: "hub", location: weights, revision: null };
  problems.add(
    at,
    `got ${weights}, which is no folder; allowed: a model folder, or a hub id like owner/name`,
  );
  return null;
}
