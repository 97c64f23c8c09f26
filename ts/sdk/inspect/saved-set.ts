/** Folders that `datasets` saved: what its own notes say of columns, classes and sizes; no example is read. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { FoundData } from "./found-data.js";

interface Info {
  features?: Record<string, { _type?: string; names?: string[] }>;
  splits?: Record<string, { num_examples?: number }>;
}

export const isSavedSet = (folder: string): boolean =>
  existsSync(join(folder, "dataset_info.json")) && existsSync(join(folder, "state.json"));

/** The names of the sets in a folder that `DatasetDict.save_to_disk` wrote; undefined for any other folder. */
export function savedSplits(folder: string): string[] | undefined {
  const note = readJson(join(folder, "dataset_dict.json")) as { splits?: string[] } | undefined;
  return note?.splits?.filter((name) => isSavedSet(join(folder, name)));
}

/** Describes one saved set; a text in place of it says why it cannot serve. */
export function inspectSavedSet(folder: string): FoundData | string {
  const info = readJson(join(folder, "dataset_info.json")) as Info | undefined;
  const features = Object.entries(info?.features ?? {});
  const image = features.find(([, feature]) => feature._type === "Image")?.[0];
  const label = features.find(([name, { _type }]) => _type === "ClassLabel" || name === "label");
  const names = features.map(([name]) => name);
  if (image === undefined || label === undefined) {
    return `has no column of images and of classes (columns: ${names.join(", ") || "none noted"})`;
  }
  const classes = label[1].names ?? [];
  const sizes = Object.values(info?.splits ?? {}).map((split) => split.num_examples ?? 0);
  return {
    format: "saved",
    train: folder,
    columns: { image, label: label[0] },
    has_columns: names,
    examples: sizes.length === 1 ? (sizes[0] as number) : 0,
    complete: sizes.length === 1,
    classes: [],
    class_count: classes.length === 0 ? null : classes.length,
    odd: [],
    odd_count: 0,
  };
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}
