/**
 * Counts the classes in files of one's own: sub-folders of an image folder, distinct labels of a CSV or
 * JSONL.
 */
import { existsSync, readdirSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import { closest } from "../config/problems.js";
import type { DataFormat } from "../config/schema/task.js";
import { EstaError } from "../errors.js";
import { tableRows } from "./table-rows.js";

/** What counting needs of a task's `data`. */
export interface LabelledData {
  train: string;
  format?: DataFormat | undefined;
  /** By role: label, and image, text or text_pair. */
  columns: { label: string } & Readonly<Record<string, string | undefined>>;
}

/** More labels than this are no classes but, say, a column of identifiers; it bounds the memory taken. */
export const MOST_CLASSES = 100_000;

/**
 * Distinct classes of the training part; tables are streamed.
 *
 * @throws EstaError("configuration") if the data is missing, has no such column, or is of a format that only
 *   the engine reads, where `task.classes` has to be given.
 */
export async function countClasses(data: LabelledData): Promise<number> {
  if (!existsSync(data.train)) {
    throw new EstaError("configuration", `task.data.train: no such file or folder: ${data.train}`, {
      hint: "Paths are resolved against the folder of the configuration file. To plan without data, give task.classes.",
    });
  }
  const format = data.format ?? recogniseFormat(data.train);
  const classes = await countIn(format, data);
  if (classes < 2) {
    throw new EstaError(
      "configuration",
      `task.data.train: got ${classes} classes in ${data.train}; allowed: two and more`,
      {
        hint:
          format === "image-folder"
            ? "An image folder has one sub-folder a class."
            : "Check task.data.columns.label.",
      },
    );
  }
  return classes;
}

function recogniseFormat(path: string): DataFormat | undefined {
  if (statSync(path).isDirectory()) {
    const saved = ["dataset_info.json", "dataset_dict.json", "state.json"].some((name) =>
      existsSync(join(path, name)),
    );
    return saved ? "saved" : "image-folder";
  }
  const formats: Record<string, DataFormat> = { ".csv": "csv", ".jsonl": "jsonl", ".parquet": "parquet" };
  return formats[extname(path).toLowerCase()];
}

async function countIn(format: DataFormat | undefined, data: LabelledData): Promise<number> {
  const { train } = data;
  switch (format) {
    case "image-folder":
      return readdirSync(train, { withFileTypes: true }).filter((entry) => isClassFolder(entry, train))
        .length;
    case "csv":
    case "jsonl":
      return await distinctLabels(format, data);
    default: {
      const what =
        format === undefined ? `a format that the name of ${train} does not tell` : `the format ${format}`;
      throw new EstaError("configuration", `task.classes: missing; classes are not counted for ${what}`, {
        hint: "Give task.classes; the engine checks it against the data.",
      });
    }
  }
}

function isClassFolder(
  entry: { name: string; isDirectory(): boolean; isSymbolicLink(): boolean },
  folder: string,
): boolean {
  if (entry.name.startsWith(".")) return false;
  return entry.isDirectory() || (entry.isSymbolicLink() && statSync(join(folder, entry.name)).isDirectory());
}

async function distinctLabels(format: "csv" | "jsonl", data: LabelledData): Promise<number> {
  const file = data.train;
  const seen = new Set<string>();
  let known: string[] | undefined;
  try {
    for await (const { number, fields } of tableRows(file, format)) {
      if (known === undefined) {
        known = Object.keys(fields);
        checkColumns(data, known);
      }
      seen.add(labelOf(fields[data.columns.label], number, data));
      if (seen.size > MOST_CLASSES) throw tooManyLabels(file);
    }
  } catch (cause) {
    if (cause instanceof EstaError) throw cause;
    const reason = `cannot read ${file} as ${format.toUpperCase()}: ${(cause as Error).message}`;
    throw new EstaError("configuration", `task.data.train: ${reason}`, {
      hint:
        format === "jsonl"
          ? "Mend the file: JSONL holds one JSON object a line, in UTF-8."
          : "Mend the file: a CSV has a line of column names, and is UTF-8.",
      cause,
    });
  }
  return seen.size;
}

/** Every column that the configuration names must be there; the first row tells. */
function checkColumns({ train, columns }: LabelledData, known: readonly string[]): void {
  for (const [key, name] of Object.entries(columns)) {
    if (name === undefined || known.includes(name)) continue;
    const meant = closest(name, known);
    throw new EstaError(
      "configuration",
      `task.data.columns.${key}: got ${name}; ${train} has the columns ${known.join(", ")}`,
      {
        hint:
          meant === undefined
            ? `Name the column that holds the ${key.replace("_", " ")}.`
            : `Did you mean ${meant}?`,
      },
    );
  }
}

/** A label as it is written: in JSONL a number and its text differ. */
function labelOf(value: unknown, row: number, { train, columns }: LabelledData): string {
  if (value !== null && value !== undefined && value !== "") return JSON.stringify(value);
  throw new EstaError("configuration", `task.data.train: row ${row} of ${train} has no ${columns.label}`, {
    hint: "Give every example a label, or leave it out.",
  });
}

function tooManyLabels(file: string): EstaError {
  return new EstaError(
    "configuration",
    `task.data.columns.label: got more than ${MOST_CLASSES} labels in ${file}`,
    { hint: "Name the column that holds the class." },
  );
}
