/** Parquet files of images or texts: columns from the schema, classes from what `datasets` noted in it, else counted. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { AsyncBuffer, FileMetaData, SchemaElement } from "hyparquet";
import type { TableRow } from "../../planning/table-rows.js";
import { type GuessedColumns, guessColumns, guessLabel, holdConversations, type Row } from "./columns.js";
import { type FoundData, MOST_EXAMPLES } from "./found-data.js";
import { defined, faultOfColumns, RowCounter, type TableOptions } from "./tables.js";

const IMAGE_NAMES = ["image", "img", "picture"];
const GUESSED_FROM = 100;

interface Opened {
  buffer: AsyncBuffer;
  metadata: FileMetaData;
}

/** Counts a Parquet file, or a folder of them; a text in place of it says why it cannot serve. */
export async function inspectParquet(path: string, options: TableOptions = {}): Promise<FoundData | string> {
  const { asyncBufferFromFile, parquetMetadataAsync } = await import("hyparquet");
  const files = path.toLowerCase().endsWith(".parquet") ? [path] : await parquetFiles(path);
  if (files.length === 0) return "holds no .parquet file";
  try {
    const opened: Opened[] = [];
    for (const file of files) {
      const buffer = await asyncBufferFromFile(file);
      opened.push({ buffer, metadata: await parquetMetadataAsync(buffer) });
    }
    const first = opened[0] as Opened;
    const features = datasetFeatures(first.metadata);
    const guess = await guessFrom(first, features, options);
    const fault = faultOfColumns(guess);
    if (fault !== undefined) return fault;
    const { task, all, label = "" } = guess;
    const classes = features[label]?.names;
    const counter = new RowCounter(countedColumns(guess), classes);
    for await (const row of rowsOf(opened, readColumns(guess), { label, classes })) counter.add(row);
    const rows = opened.reduce((sum, { metadata }) => sum + Number(metadata.num_rows), 0);
    const { image, text, text_pair } = guess;
    return {
      ...{ task, format: "parquet", train: path },
      ...(task === "instruction-tuning" ? {} : { columns: defined({ image, text, text_pair, label }) }),
      has_columns: all,
      ...counter.fields(counter.examples === rows),
      examples: rows,
    };
  } catch (error) {
    return `cannot be read as Parquet: ${(error as Error).message.split("\n")[0]}`;
  }
}

/** Images are told by the schema; texts by the first rows of the columns that hold plain values. */
async function guessFrom(
  first: Opened,
  features: Record<string, Feature>,
  options: TableOptions,
): Promise<GuessedColumns> {
  const { schema } = first.metadata;
  const all = topColumns(schema);
  const named = defined(options.columns);
  const image = named.image ?? guessImage(schema, all);
  const isConversation = options.task === undefined && image === undefined && holdConversations(all);
  if (options.task === "instruction-tuning" || (isConversation && named.text === undefined))
    return { task: "instruction-tuning", all };
  const plain = all.filter((name) =>
    schema.some((element) => element.name === name && element.type !== undefined),
  );
  const rows = await firstRows(first, plain);
  const declared = all.find((name) => features[name]?._type === "ClassLabel");
  const isImage = options.task !== "text-classification" && image !== undefined && named.text === undefined;
  if (!isImage) {
    const label = named.label ?? declared;
    const guess = guessColumns(rows, defined({ ...named, label }), "text-classification");
    return { ...guess, all };
  }
  const others = plain.filter((name) => name !== image && !IMAGE_NAMES.includes(name.toLowerCase()));
  const label = named.label ?? declared ?? guessLabel(others, rows);
  return { task: "image-classification", all, ...defined({ image, label }) };
}

async function firstRows({ buffer: file, metadata }: Opened, columns: string[]): Promise<Row[]> {
  if (columns.length === 0) return [];
  const { parquetReadObjects } = await import("hyparquet");
  const rows = await parquetReadObjects({ file, metadata, columns, rowStart: 0, rowEnd: GUESSED_FROM });
  return rows.map(plainRow);
}

const CONVERSATION_COLUMNS = ["messages", "instruction", "input", "output", "choices", "answer"];

/** Images stay unread: their bytes would be the whole file. */
function readColumns({ task, all, text, text_pair, label }: GuessedColumns): string[] {
  if (task === "instruction-tuning") return all.filter((name) => CONVERSATION_COLUMNS.includes(name));
  return [text, text_pair, label].filter((name) => name !== undefined);
}

const countedColumns = ({ image: _image, ...columns }: GuessedColumns): GuessedColumns => columns;

/** Rows of all files, at most MOST_EXAMPLES; a class that `datasets` wrote as a number comes by its name. */
async function* rowsOf(
  opened: readonly Opened[],
  columns: string[],
  { label, classes }: { label: string; classes: readonly string[] | undefined },
): AsyncGenerator<TableRow> {
  const { parquetReadObjects } = await import("hyparquet");
  let number = 0;
  for (const { buffer: file, metadata } of opened) {
    const rowEnd = Math.min(Number(metadata.num_rows), MOST_EXAMPLES - number);
    if (rowEnd <= 0) return;
    for (const row of await parquetReadObjects({ file, metadata, columns, rowStart: 0, rowEnd })) {
      number += 1;
      const fields = plainRow(row);
      const value = fields[label];
      const named = classes === undefined ? {} : { [label]: classes[Number(value ?? -1)] };
      yield { number, fields: { ...fields, ...named } };
    }
  }
}

export async function parquetFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names
    .filter((name) => name.endsWith(".parquet"))
    .sort()
    .map((name) => join(folder, name));
}

/** Columns of the table itself: the root's children, their own children skipped. */
function topColumns(schema: readonly SchemaElement[]): string[] {
  const names: string[] = [];
  let at = 1;
  const skip = () => {
    const children = schema[at]?.num_children ?? 0;
    at += 1;
    for (let child = 0; child < children; child += 1) skip();
  };
  while (at < schema.length) {
    names.push((schema[at] as SchemaElement).name);
    skip();
  }
  return names;
}

/** A column of a usual name, else `datasets`' pair of bytes and path. */
function guessImage(schema: readonly SchemaElement[], names: readonly string[]): string | undefined {
  const named = names.find((name) => IMAGE_NAMES.includes(name.toLowerCase()));
  if (named !== undefined) return named;
  return schema.find((element, at) => element.num_children === 2 && schema[at + 1]?.name === "bytes")?.name;
}

interface Feature {
  _type?: string;
  names?: string[];
}

/** What `datasets` notes of each column; empty where the file is another writer's. */
function datasetFeatures({ key_value_metadata }: FileMetaData): Record<string, Feature> {
  const text = key_value_metadata?.find(({ key }) => key === "huggingface")?.value;
  if (text === undefined) return {};
  try {
    const note = JSON.parse(text) as { info?: { features?: Record<string, Feature> } };
    return note.info?.features ?? {};
  } catch {
    return {};
  }
}

/** hyparquet gives 64-bit integers as BigInt, which JSON does not know. */
const plainRow = (row: Row): Row =>
  Object.fromEntries(
    Object.entries(row).map(([key, value]) => [key, typeof value === "bigint" ? Number(value) : value]),
  );
