/** CSV and JSONL lists of image paths: columns guessed from the first rows, labels counted over all. */
import { createReadStream } from "node:fs";
import { dirname, resolve } from "node:path";
import { createInterface } from "node:readline";
import { guessColumns, labelText, type Row } from "./columns.js";
import { classCounts, type FoundData, MOST_EXAMPLES, OddFiles } from "./found-data.js";
import { faultOfImage } from "./image-files.js";

const GUESSED_FROM = 100;
/** So many of the first images are opened. */
const MOST_OPENED = 200;

/** Counts the table in `file`; a text in place of it says why it cannot serve. `columns` overrides the guess. */
export async function inspectTable(
  file: string,
  format: "csv" | "jsonl",
  columns: { image?: string | undefined; label?: string | undefined } = {},
): Promise<FoundData | string> {
  const rows = () => (format === "csv" ? csvRows(file) : jsonlRows(file));
  try {
    const first: Row[] = [];
    for await (const row of rows()) if (first.push(row) === GUESSED_FROM) break;
    const guess = guessColumns(first);
    const { image = guess.image, label = guess.label } = columns;
    if (first.length === 0) return "has no rows";
    if (image === undefined) return `no column holds names of images (columns: ${guess.all.join(", ")})`;
    if (label === undefined) return `no column looks like a class (columns: ${guess.all.join(", ")})`;
    const missing = [image, label].filter((name) => !guess.all.includes(name));
    if (missing.length > 0) return `has no column ${missing.join(", ")}; it has ${guess.all.join(", ")}`;
    const counted = await countRows(file, rows(), image, label);
    return { format, train: file, columns: { image, label }, has_columns: guess.all, ...counted };
  } catch (error) {
    return `cannot be read as ${format.toUpperCase()}: ${(error as Error).message.split("\n")[0]}`;
  }
}

async function countRows(file: string, rows: AsyncIterable<Row>, image: string, label: string) {
  const odd = new OddFiles();
  const counts = new Map<string, number>();
  let examples = 0;
  for await (const row of rows) {
    if (examples === MOST_EXAMPLES) break;
    examples += 1;
    const path = row[image];
    const name = labelText(row[label]);
    if (name === undefined) odd.add(`row ${examples}`, `has no ${label}`);
    else counts.set(name, (counts.get(name) ?? 0) + 1);
    if (typeof path !== "string" || path === "") odd.add(`row ${examples}`, `has no ${image}`);
    else if (examples <= MOST_OPENED) {
      const fault = await faultOfImage(resolve(dirname(file), path));
      if (fault !== undefined) odd.add(path, fault);
    }
  }
  const complete = examples < MOST_EXAMPLES;
  const classes = classCounts(counts);
  return { examples, complete, classes, class_count: complete ? classes.length : null, ...odd.fields };
}

async function* csvRows(file: string): AsyncGenerator<Row> {
  const { parse } = await import("csv-parse");
  const source = createReadStream(file);
  const parser = parse({ bom: true, columns: true });
  source.on("error", (error) => parser.destroy(error));
  try {
    yield* source.pipe(parser) as AsyncIterable<Row>;
  } finally {
    source.destroy();
  }
}

async function* jsonlRows(file: string): AsyncGenerator<Row> {
  let number = 0;
  const input = createReadStream(file, "utf8");
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      number += 1;
      if (line.trim() === "") continue;
      const row: unknown = JSON.parse(line.replace(/^\uFEFF/, ""));
      if (typeof row !== "object" || row === null || Array.isArray(row)) {
        throw new Error(`line ${number} is no JSON object`);
      }
      yield row as Row;
    }
  } finally {
    input.destroy();
  }
}
