/**
 * Counts the classes in files of one's own: sub-folders of an image folder, distinct labels of a CSV or
 * JSONL.
 */
import { createReadStream, existsSync, readdirSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import { createInterface } from "node:readline";
import type { DataFormat } from "../config/schema/task.js";
import { EstaError } from "../errors.js";

/** What counting needs of a task's `data`. */
export interface LabelledData {
  train: string;
  format?: DataFormat | undefined;
  columns: { label: string };
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

async function countIn(format: DataFormat | undefined, { train, columns }: LabelledData): Promise<number> {
  switch (format) {
    case "image-folder":
      return readdirSync(train, { withFileTypes: true }).filter((entry) => isClassFolder(entry, train))
        .length;
    case "csv":
      return await distinctLabels(csvLabels(train, columns.label), train);
    case "jsonl":
      return await distinctLabels(jsonlLabels(train, columns.label), train);
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

async function distinctLabels(labels: AsyncIterable<string>, file: string): Promise<number> {
  const seen = new Set<string>();
  for await (const label of labels) {
    seen.add(label);
    if (seen.size > MOST_CLASSES) {
      throw new EstaError(
        "configuration",
        `task.data.columns.label: got more than ${MOST_CLASSES} labels in ${file}`,
        {
          hint: "Name the column that holds the class.",
        },
      );
    }
  }
  return seen.size;
}

async function* csvLabels(file: string, column: string): AsyncGenerator<string> {
  const { parse } = await import("csv-parse");
  let header: string[] = [];
  const parser = parse({
    bom: true,
    columns: (names: string[]) => {
      header = names;
      return names;
    },
  });
  const source = createReadStream(file);
  source.on("error", (error) => parser.destroy(error));
  let row = 0;
  try {
    for await (const record of source.pipe(parser) as AsyncIterable<Record<string, string>>) {
      row += 1;
      yield label(record[column], { file, column, row, columns: header });
    }
  } catch (cause) {
    if (cause instanceof EstaError) throw cause;
    throw new EstaError(
      "configuration",
      `task.data.train: cannot read ${file} as CSV: ${(cause as Error).message}`,
      {
        hint: "Mend the file, or give task.classes.",
        cause,
      },
    );
  } finally {
    source.destroy();
  }
}

async function* jsonlLabels(file: string, column: string): AsyncGenerator<string> {
  let row = 0;
  for await (const line of createInterface({
    input: createReadStream(file),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    row += 1;
    if (line.trim() === "") continue;
    const record = parseLine(line, file, row);
    const value = record[column];
    const text = value === null || value === undefined ? undefined : JSON.stringify(value);
    yield label(text, { file, column, row, columns: Object.keys(record) });
  }
}

function parseLine(line: string, file: string, row: number): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch {
    // Reported below, with the line's number.
  }
  throw new EstaError("configuration", `task.data.train: line ${row} of ${file} is no JSON object`, {
    hint: "JSONL holds one object a line.",
  });
}

interface Place {
  file: string;
  column: string;
  row: number;
  columns: readonly string[];
}

function label(value: string | undefined, { file, column, row, columns }: Place): string {
  if (value !== undefined && value !== "") return value;
  const missing = !columns.includes(column);
  const message = missing
    ? `task.data.columns.label: got ${column}; ${file} has the columns ${columns.join(", ")}`
    : `task.data.train: row ${row} of ${file} has no ${column}`;
  throw new EstaError("configuration", message, {
    hint: missing ? "Name the column that holds the class." : "Give every example a label, or leave it out.",
  });
}
