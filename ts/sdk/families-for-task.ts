/** Families that can be adapted to a task: those of the catalog, and models that lie in the user's folder. */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { FamilyKind } from "../config/schema/family.js";
import type { TaskConfig } from "../config/schema/task.js";
import { anchorCost } from "../planning/architectures/costs.js";
import { familyCosts, ownClasses } from "../planning/architectures/index.js";
import { listFamilies, readFamily } from "../planning/catalog.js";
import { resolveFamily } from "../planning/family.js";
import { findCachedModel } from "../planning/hub-cache.js";
import type { WeightsReference } from "../planning/plan-schema.js";
import { KINDS_FOR_TASK } from "../planning/task.js";

export interface FittingFamily {
  /** What a configuration says: a catalog name, or model folders. */
  family: string | string[];
  title: string;
  kind: FamilyKind;
  anchors: string[];
  /** Side of the square input in pixels, for images. */
  image_size: number | null;
  /** Tokens that its positions reach, for texts. */
  max_positions: number | null;
  /** Hub ids whose weights are not on this machine. */
  to_download: string[];
}

/** Families for tasks of `type`: what needs no download comes first. `folder` is searched for models. */
export async function familiesForTask(type: TaskConfig["type"], folder: string): Promise<FittingFamily[]> {
  const kinds = KINDS_FOR_TASK[type];
  const local = await modelFamilies(folder, kinds);
  const catalog = listFamilies()
    .map((name) => ({ name, title: readFamily(name).title }))
    .map(({ name, title }) => describe(name, title))
    .filter(({ kind }) => kinds.includes(kind));
  const downloads = ({ to_download }: FittingFamily) => Number(to_download.length > 0);
  const smallFirst = catalog.sort((a, b) => downloads(a) - downloads(b) || a.size - b.size);
  return [...local, ...smallFirst].map(({ size: _size, ...family }) => family);
}

/** With the parameters of its largest anchor, by which families are put in order. */
type SizedFamily = FittingFamily & { size: number };

function describe(family: string | string[], title: string): SizedFamily {
  const { shape, weights } = resolveFamily(family, { ownHeads: false });
  return {
    family,
    title,
    kind: shape.kind,
    anchors: shape.anchors.map(({ name }) => name),
    image_size: "image_size" in shape ? shape.image_size : null,
    max_positions: "max_positions" in shape ? shape.max_positions : null,
    size: Math.max(
      ...familyCosts(shape, ownClasses(shape)).anchors.map((anchor) => anchorCost(anchor).params),
    ),
    to_download: weights.flatMap((reference) => missingModel(reference) ?? []),
  };
}

function missingModel(weights: WeightsReference | null): string | undefined {
  if (weights?.source !== "hub") return undefined;
  return findCachedModel(weights.location, weights.revision ?? undefined) ? undefined : weights.location;
}

/** Model folders in `folder` and one level below that fit together, two and more, as one family of each kind. */
async function modelFamilies(folder: string, kinds: readonly FamilyKind[]): Promise<SizedFamily[]> {
  const byKind = new Map<FamilyKind, string[]>();
  for (const path of await modelFolders(resolve(folder))) {
    const kind = kindOf(path);
    if (kind !== undefined && kinds.includes(kind)) byKind.set(kind, [...(byKind.get(kind) ?? []), path]);
  }
  return [...byKind.values()].flatMap((paths) => {
    if (paths.length < 2) return [];
    try {
      return [describe(paths, `the models in ${folder}`)];
    } catch {
      return []; // Models that do not fit together are no family; named in a configuration, they are explained.
    }
  });
}

async function modelFolders(root: string): Promise<string[]> {
  const isModel = (path: string) =>
    existsSync(join(path, "config.json")) && existsSync(join(path, "model.safetensors"));
  const found: string[] = [];
  for (const path of await subfolders(root)) {
    if (isModel(path)) found.push(path);
    else found.push(...(await subfolders(path)).filter(isModel));
  }
  return found;
}

async function subfolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith(".") && entry.name !== "node_modules")
    .map((entry) => join(folder, entry.name))
    .sort();
}

function kindOf(folder: string): FamilyKind | undefined {
  try {
    return resolveFamily([folder], { ownHeads: false }).shape.kind;
  } catch {
    return undefined;
  }
}
