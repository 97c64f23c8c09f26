/** Turns the ways in which a configuration names weights into the plan's references. */
import { isAbsolute } from "node:path";
import type { WeightsConfig } from "../config/schema/family.js";
import { isGguf } from "./gguf-config.js";
import type { WeightsReference } from "./plan-schema.js";
import type { Problems } from "./problems.js";

const HUB_ID = /^[\w.-]+\/[\w.-]+$/;

/**
 * `readConfig` has made every folder and file absolute, so what is not absolute is a hub id, owner/name. Adds a problem and
 * gives null for anything else.
 */
export function resolveWeights(
  weights: WeightsConfig | undefined,
  problems: Problems,
  at: string,
): WeightsReference | null {
  if (weights === undefined) return null;
  if (typeof weights === "object") {
    return "packaged" in weights
      ? { source: "packaged", location: weights.packaged, revision: null }
      : { source: "hub", location: weights.hub, revision: weights.revision ?? null };
  }
  if (isAbsolute(weights)) {
    return { source: isGguf(weights) ? "gguf" : "folder", location: weights, revision: null };
  }
  if (HUB_ID.test(weights)) return { source: "hub", location: weights, revision: null };
  problems.add(
    at,
    `got ${weights}, which is no folder; allowed: a model folder, a GGUF file, or a hub id like owner/name`,
  );
  return null;
}
