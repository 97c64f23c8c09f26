/** Makes a family of model folders, GGUF files and cached hub models, whose `config.json` or header give the shapes. */
import { basename } from "node:path";
import { type InlineFamily, inlineFamilySchema } from "../config/schema/family.js";
import { EstaError } from "../errors.js";
import { checkFamily } from "./check-family.js";
import { findCachedModel } from "./hub-cache.js";
import { type ModelShape, readModelConfig } from "./model-config.js";
import type { WeightsReference } from "./plan-schema.js";
import { Problems } from "./problems.js";
import { resolveWeights } from "./weights.js";

export interface ModelFamily {
  shape: InlineFamily;
  weights: WeightsReference[];
}

interface Model {
  text: string;
  name: string;
  shape: ModelShape;
  weights: WeightsReference;
}

/**
 * The family of these models. `ownHeads`: no task replaces the heads, so that they must agree too.
 *
 * @throws EstaError("configuration") that names every model that cannot be read or does not fit the first.
 */
export function readModelFamily(models: readonly string[], ownHeads: boolean): ModelFamily {
  const problems = new Problems();
  const read = models.flatMap((text, index) => readModel(text, index, problems) ?? []);
  problems.throwIfAny("the family", "Mend them in the family section, or in the files that it names.");
  const first = read[0];
  if (first === undefined)
    throw new EstaError("configuration", "family: got an empty list; allowed: one model or more");
  read.slice(1).forEach((model, index) => {
    compare(first, model, `family[${index + 1}]`, ownHeads, problems);
  });
  problems.throwIfAny("the family", "Anchors of one family are of one architecture and take the same input.");
  const shape = toFamily(read);
  checkFamily(shape, problems);
  problems.throwIfAny("the family", "Mend them in the family section, or in the files that it names.");
  return { shape, weights: read.map(({ weights }) => weights) };
}

function readModel(text: string, index: number, problems: Problems): Model | undefined {
  const at = `family[${index}]`;
  const weights = resolveWeights(text, problems, at);
  if (weights === null) return undefined;
  const name =
    basename(weights.location)
      .replace(/\.gguf$/i, "")
      .replace(/[^A-Za-z0-9._+-]/g, "-")
      .replace(/^[^A-Za-z0-9]+/, "") || "model";
  try {
    if (weights.source !== "hub") return { text, name, shape: readModelConfig(weights.location), weights };
    const cached = findCachedModel(weights.location);
    if (cached !== undefined) {
      const { folder, revision } = cached;
      return { text, name, shape: readModelConfig(folder), weights: { ...weights, revision } };
    }
    problems.add(
      at,
      `got ${text}, which is no folder and not in the hub cache; run \`esta fetch ${text}\`, name a model folder or a GGUF file, or take a family of the catalog`,
    );
  } catch (error) {
    if (!(error instanceof EstaError)) throw error;
    problems.add(at, error.message);
  }
  return undefined;
}

function compare(first: Model, model: Model, at: string, ownHeads: boolean, problems: Problems): void {
  if (model.shape.kind !== first.shape.kind) {
    problems.add(
      at,
      `got ${model.text} of kind ${model.shape.kind}; ${first.text} is of kind ${first.shape.kind}`,
    );
    return;
  }
  for (const [key, value] of Object.entries(first.shape.shared)) {
    const got = model.shape.shared[key];
    if (got !== value) problems.add(at, `${key}: got ${got} in ${model.text}; ${first.text} has ${value}`);
  }
  if (ownHeads && model.shape.classes !== first.shape.classes) {
    problems.add(
      at,
      `classes: got ${model.shape.classes} in ${model.text}; ${first.text} has ${first.shape.classes}; a task would give all of them one head`,
    );
  }
}

function toFamily(models: readonly Model[]): InlineFamily {
  const [first] = models as [Model];
  const smallest = Object.fromEntries(
    Object.keys(first.shape.smallest).map((key) => [
      key,
      Math.min(...models.map(({ shape }) => shape.smallest[key] as number)),
    ]),
  );
  const names = distinct(models.map(({ name }) => name));
  return inlineFamilySchema.parse({
    kind: first.shape.kind,
    ...first.shape.shared,
    ...smallest,
    ...(first.shape.classes === null ? {} : { classes: first.shape.classes }),
    anchors: models.map(({ shape }, index) => ({ name: names[index], ...shape.anchor })),
  });
}

/** Folders of the same name get a number. */
function distinct(names: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return times === 1 ? name : `${name}-${times}`;
  });
}
