/** Folders that `datasets` saved: what its own notes say of columns, classes and sizes; no example is read. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type GuessedColumns, guessColumns } from "./columns.js";
import type { FoundData } from "./found-data.js";
import { defined, faultOfColumns, type TableOptions } from "./tables.js";

interface Info {
  features?: Record<string, { _type?: string; names?: string[]; dtype?: string }>;
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
export function inspectSavedSet(folder: string, options: TableOptions = {}): FoundData | string {
  const info = readJson(join(folder, "dataset_info.json")) as Info | undefined;
  const features = info?.features ?? {};
  const guess = guessFrom(features, options);
  const fault = faultOfColumns(guess);
  if (fault !== undefined) return fault;
  const { task, all, image, text, text_pair, label } = guess;
  const classes = features[label ?? ""]?.names ?? [];
  const sizes = Object.values(info?.splits ?? {}).map((split) => split.num_examples ?? 0);
  return {
    ...{ task, format: "saved", train: folder },
    ...(task === "instruction-tuning" ? {} : { columns: defined({ image, text, text_pair, label }) }),
    has_columns: all,
    examples: sizes.length === 1 ? (sizes[0] as number) : 0,
    complete: sizes.length === 1,
    classes: [],
    class_count: classes.length === 0 ? null : classes.length,
    odd: [],
    odd_count: 0,
  };
}

/** From the declared types alone: a text is a column of strings by a usual name, else the first of them. */
function guessFrom(features: NonNullable<Info["features"]>, { columns, task }: TableOptions): GuessedColumns {
  const all = Object.keys(features);
  const named = defined(columns);
  const image = named.image ?? all.find((name) => features[name]?._type === "Image");
  const label = named.label ?? all.find((name) => features[name]?._type === "ClassLabel" || name === "label");
  // A row that is like the types, from which the columns are guessed as from any other.
  const row = Object.fromEntries(
    all
      .filter((name) => features[name]?.dtype === "string" && name !== label)
      .map((name) => [name, "some text"]),
  );
  const wanted =
    task ?? (image !== undefined && named.text === undefined ? "image-classification" : undefined);
  const {
    task: found,
    text,
    text_pair,
  } = guessColumns(
    [{ ...Object.fromEntries(all.map((name) => [name, null])), ...row }],
    defined({ ...named, label }),
    wanted,
  );
  const isImage = found === "image-classification";
  return { task: found, all, ...defined({ image: isImage ? image : undefined, text, text_pair, label }) };
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}
