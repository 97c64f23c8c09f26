/** Resolves the configuration's `family` in any of its forms to shapes and weights. */
import { type FamilyConfig, type InlineFamily, inlineFamilySchema } from "../config/schema/family.js";
import type { SpaceConfig } from "../config/schema/space.js";
import { readFamily } from "./catalog.js";
import { checkFamily } from "./check-family.js";
import { readModelFamily } from "./model-family.js";
import type { WeightsReference } from "./plan-schema.js";
import { Problems } from "./problems.js";
import { resolveWeights } from "./weights.js";

export interface ResolvedFamily {
  name: string;
  shape: InlineFamily;
  /** One an anchor of `shape`, in its order. */
  weights: (WeightsReference | null)[];
  /** The catalog's space for this family. */
  space: SpaceConfig | undefined;
}

export interface ResolveFamilyOptions {
  /**
   * Whether the models keep their own heads, which must then agree; a task replaces them. True unless given.
   */
  ownHeads?: boolean;
}

/**
 * A catalog name, model folders or hub ids, or an inline family, as one checked shape.
 *
 * @throws EstaError("configuration") that names every mistake of the family.
 */
export function resolveFamily(config: FamilyConfig, options: ResolveFamilyOptions = {}): ResolvedFamily {
  const { ownHeads = true } = options;
  if (typeof config === "string") {
    const entry = readFamily(config);
    return inline(entry.family, { name: entry.name, space: entry.space });
  }
  if (Array.isArray(config)) {
    const { shape, weights } = readModelFamily(config, ownHeads);
    return { name: familyName(shape), shape, weights, space: undefined };
  }
  return inline(config, { name: familyName(config), space: undefined });
}

const familyName = (shape: InlineFamily): string => shape.anchors.map((anchor) => anchor.name).join("+");

function inline(shape: InlineFamily, entry: Pick<ResolvedFamily, "name" | "space">): ResolvedFamily {
  const problems = new Problems();
  checkFamily(shape, problems);
  const weights = shape.anchors.map((anchor, index) =>
    resolveWeights(anchor.weights, problems, `family.anchors[${index}].weights`),
  );
  problems.throwIfAny("the family", "Mend them in the family section, or in the files that it names.");
  return { ...entry, shape: inlineFamilySchema.parse(shape), weights };
}
