/** The cost models, one a kind; a new architecture is one more file and one more line here. */
import type { InlineFamily } from "../../config/schema/family.js";
import { bertCosts } from "./bert.js";
import type { FamilyCosts } from "./costs.js";
import { dinov2Costs } from "./dinov2.js";
import { llamaCosts } from "./llama.js";
import { vitCosts } from "./vit.js";

/** Costs of a checked family (see check-family.ts) with a head of `classes` outputs. */
export function familyCosts(family: InlineFamily, classes: number): FamilyCosts {
  switch (family.kind) {
    case "vit":
      return vitCosts(family, classes);
    case "dinov2":
      return dinov2Costs(family, classes);
    case "bert":
      return bertCosts(family, classes);
    case "llama":
      return llamaCosts(family, classes);
  }
}

/** Outputs of the family's own head: classes, or the vocabulary of a language model. */
export const ownClasses = (family: InlineFamily): number =>
  family.kind === "llama" ? family.vocabulary_size : family.classes;
