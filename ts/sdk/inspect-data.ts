/**
 * Looks at a folder for data that a task could name: image folders, CSV and JSONL lists, Parquet files, saved
 * sets, of images, texts or conversations; with what each holds and what is odd about it. Needs no Python and opens no more than it shows.
 */
import { existsSync, statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { DATA_FORMATS, type DataFormat } from "../config/schema/task.js";
import { EstaError } from "../errors.js";
import type { FoundData, SkippedData } from "./inspect/found-data.js";
import { inspectImageFolder, isImageFolder } from "./inspect/image-folder.js";
import { inspectParquet, parquetFiles } from "./inspect/parquet.js";
import { inspectSavedSet, isSavedSet, savedSplits } from "./inspect/saved-set.js";
import { inspectTable, type TableOptions } from "./inspect/tables.js";

export type {
  ClassCount,
  DataColumns,
  FoundData,
  OddFile,
  SkippedData,
  TextLengths,
} from "./inspect/found-data.js";

const TABLE_FORMATS: Record<string, DataFormat> = {
  ".csv": "csv",
  ".jsonl": "jsonl",
  ".ndjson": "jsonl",
  ".parquet": "parquet",
};
/** Names that parts of a data set usually have. */
const PART_NAMES = {
  train: ["train", "training"],
  validation: ["validation", "valid", "val", "dev"],
  test: ["test", "testing", "eval"],
} as const;
type Part = keyof typeof PART_NAMES;
/** Folders that hold no data of the user's. */
const NOT_DATA = new Set(["node_modules", "runs", "dist", "__pycache__", "venv", "checkpoint", "palette"]);

export interface InspectOptions extends TableOptions {
  format?: DataFormat | undefined;
}

/** Everything in `folder`, and one level below, that could be a task's data; what looked like it but is not. */
export async function findData(folder: string): Promise<{ found: FoundData[]; skipped: SkippedData[] }> {
  const root = resolve(folder);
  const found: FoundData[] = [];
  const skipped: SkippedData[] = [];
  for (const path of await candidates(root)) {
    const result = await tryInspect(path, {});
    if (typeof result !== "string") found.push(result);
    else skipped.push({ path, why: result });
  }
  return { found, skipped };
}

/**
 * Looks at the data at `path`: a folder or a file.
 *
 * @throws EstaError("usage") where there is none that can be read, with the reason.
 */
export async function inspectData(path: string, options: InspectOptions = {}): Promise<FoundData> {
  const full = resolve(path);
  if (!existsSync(full)) {
    throw new EstaError("usage", `no such file or folder: ${path}`, {
      hint: "Name an image folder (one sub-folder a class), a CSV, JSONL or Parquet file, or a saved data set.",
    });
  }
  const result = await tryInspect(full, options);
  if (typeof result !== "string") return result;
  throw new EstaError("usage", `${path} ${result}`, {
    hint: `Formats: ${DATA_FORMATS.join(", ")}; tables need a column of images or texts and one of classes, or hold conversations: messages, or instruction and output.`,
  });
}

/** Paths worth a look: the folder itself where it is a set, else its sets; else its files and sub-folders. */
async function candidates(root: string): Promise<string[]> {
  if (isSavedSet(root) || savedSplits(root) !== undefined || (await splitFolders(root)) !== undefined)
    return [root];
  if (await isImageFolder(root)) return [root];
  const paths: string[] = [];
  for (const entry of await readdir(root, { withFileTypes: true })) {
    const path = join(root, entry.name);
    if (entry.name.startsWith(".") || NOT_DATA.has(entry.name)) continue;
    if (entry.isFile() && extname(path).toLowerCase() in TABLE_FORMATS) paths.push(path);
    else if (entry.isDirectory())
      paths.push(...((await holdsSet(path)) ? [path] : await trainingTables(path)));
  }
  return withoutOtherParts(paths.sort());
}

async function holdsSet(folder: string): Promise<boolean> {
  if (isSavedSet(folder) || savedSplits(folder) !== undefined) return true;
  if ((await splitFolders(folder)) !== undefined || (await isImageFolder(folder))) return true;
  return (await parquetFiles(folder)).length > 0;
}

/** train.csv, train.jsonl and the like in a folder. */
async function trainingTables(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => extname(name).toLowerCase() in TABLE_FORMATS);
  return names.map((name) => join(folder, name)).filter((path) => partOf(path) === "train");
}

/** val.csv and test.csv are parts of train.csv, not sets of their own. */
function withoutOtherParts(paths: readonly string[]): string[] {
  const training = paths.filter((path) => partOf(path) === "train");
  return paths.filter((path) => {
    const part = partOf(path);
    return (
      part === undefined || part === "train" || !training.some((train) => extname(train) === extname(path))
    );
  });
}

function partOf(path: string): Part | undefined {
  const name = basename(path, extname(path)).toLowerCase();
  return (Object.keys(PART_NAMES) as Part[]).find((part) =>
    (PART_NAMES[part] as readonly string[]).includes(name),
  );
}

async function tryInspect(path: string, options: InspectOptions): Promise<FoundData | string> {
  if (!statSync(path).isDirectory()) return inspectFile(path, options);
  const splits = savedSplits(path);
  if (splits !== undefined) return inspectSplits(path, splits, (folder) => inspectSavedSet(folder, options));
  if (isSavedSet(path)) return inspectSavedSet(path, options);
  const parts = await splitFolders(path);
  if (parts !== undefined) return inspectSplits(path, parts, inspectImageFolder);
  if (options.format === "parquet" || (await parquetFiles(path)).length > 0) {
    return inspectParquet(path, options);
  }
  return (await isImageFolder(path))
    ? inspectImageFolder(path)
    : "is no image folder: it has no two sub-folders with images in them";
}

async function inspectFile(path: string, options: InspectOptions): Promise<FoundData | string> {
  const format = options.format ?? TABLE_FORMATS[extname(path).toLowerCase()];
  if (format === undefined || format === "image-folder" || format === "saved") {
    return `is no data: its ending is none of ${Object.keys(TABLE_FORMATS).join(", ")}`;
  }
  const data =
    format === "parquet" ? await inspectParquet(path, options) : await inspectTable(path, format, options);
  return typeof data === "string" || partOf(path) !== "train" ? data : { ...data, ...partsBeside(path) };
}

/** Validation and test files beside a training file, of the same ending. */
function partsBeside(train: string): Pick<FoundData, "validation" | "test"> {
  const beside = (part: "validation" | "test") => {
    const files = PART_NAMES[part].map((name) => join(dirname(train), `${name}${extname(train)}`));
    const file = files.find((path) => existsSync(path));
    return file === undefined ? {} : { [part]: file };
  };
  return { ...beside("validation"), ...beside("test") };
}

/** The names of a folder's parts where train/ and at least one other are image folders. */
async function splitFolders(folder: string): Promise<string[] | undefined> {
  const names: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isDirectory() || partOf(entry.name) === undefined) continue;
    if (await isImageFolder(join(folder, entry.name))) names.push(entry.name);
  }
  return names.some((name) => partOf(name) === "train") ? names : undefined;
}

/** Describes the training part, and names the others. */
async function inspectSplits(
  folder: string,
  names: readonly string[],
  inspect: (folder: string) => FoundData | string | Promise<FoundData | string>,
): Promise<FoundData | string> {
  const named = (part: Part) => names.find((name) => partOf(name) === part);
  const train = named("train");
  if (train === undefined) return `has the parts ${names.join(", ")}, but none to train on`;
  const data = await inspect(join(folder, train));
  if (typeof data === "string") return data;
  const [validation, test] = [named("validation"), named("test")];
  return {
    ...data,
    ...(validation === undefined ? {} : { validation: join(folder, validation) }),
    ...(test === undefined ? {} : { test: join(folder, test) }),
  };
}
