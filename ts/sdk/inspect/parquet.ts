/** Parquet files of images: columns from the schema, classes from what `datasets` noted in it, else counted. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { AsyncBuffer, FileMetaData, SchemaElement } from "hyparquet";
import { guessLabel, labelText, type Row } from "./columns.js";
import { classCounts, type FoundData, MOST_EXAMPLES, OddFiles } from "./found-data.js";

const IMAGE_NAMES = ["image", "img", "picture"];

/** Counts a Parquet file, or a folder of them; a text in place of it says why it cannot serve. */
export async function inspectParquet(
  path: string,
  columns: { image?: string | undefined; label?: string | undefined } = {},
): Promise<FoundData | string> {
  const { asyncBufferFromFile, parquetMetadataAsync } = await import("hyparquet");
  const files = path.toLowerCase().endsWith(".parquet") ? [path] : await parquetFiles(path);
  const [first] = files;
  if (first === undefined) return "holds no .parquet file";
  try {
    const opened: { buffer: AsyncBuffer; metadata: FileMetaData }[] = [];
    for (const file of files) {
      const buffer = await asyncBufferFromFile(file);
      opened.push({ buffer, metadata: await parquetMetadataAsync(buffer) });
    }
    const { metadata } = opened[0] as (typeof opened)[number];
    const names = topColumns(metadata.schema);
    const features = datasetFeatures(metadata);
    const {
      image = guessImage(metadata.schema, names),
      label = await labelColumn(opened[0], names, features),
    } = columns;
    if (image === undefined) return `no column holds images (columns: ${names.join(", ")})`;
    if (label === undefined) return `no column looks like a class (columns: ${names.join(", ")})`;
    const missing = [image, label].filter((name) => !names.includes(name));
    if (missing.length > 0) return `has no column ${missing.join(", ")}; it has ${names.join(", ")}`;
    const rows = opened.reduce((sum, { metadata }) => sum + Number(metadata.num_rows), 0);
    const counted = await countLabels(opened, label, features[label]?.names);
    return {
      format: "parquet",
      train: path,
      columns: { image, label },
      has_columns: names,
      examples: rows,
      ...counted,
    };
  } catch (error) {
    return `cannot be read as Parquet: ${(error as Error).message.split("\n")[0]}`;
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

async function labelColumn(
  opened: { buffer: AsyncBuffer; metadata: FileMetaData } | undefined,
  names: readonly string[],
  features: Record<string, Feature>,
): Promise<string | undefined> {
  const declared = names.find((name) => features[name]?._type === "ClassLabel");
  if (declared !== undefined || opened === undefined) return declared;
  const { parquetReadObjects } = await import("hyparquet");
  const plain = opened.metadata.schema
    .filter((element) => element.type !== undefined)
    .map(({ name }) => name);
  const candidates = names.filter(
    (name) => plain.includes(name) && !IMAGE_NAMES.includes(name.toLowerCase()),
  );
  const { buffer: file, metadata } = opened;
  const rows = await parquetReadObjects({ file, metadata, columns: candidates, rowStart: 0, rowEnd: 100 });
  return guessLabel(candidates, rows.map(plainRow));
}

/** hyparquet gives 64-bit integers as BigInt, which JSON does not know. */
const plainRow = (row: Row): Row =>
  Object.fromEntries(
    Object.entries(row).map(([key, value]) => [key, typeof value === "bigint" ? Number(value) : value]),
  );

async function countLabels(
  opened: readonly { buffer: AsyncBuffer; metadata: FileMetaData }[],
  column: string,
  names: readonly string[] | undefined,
) {
  const { parquetReadObjects } = await import("hyparquet");
  const odd = new OddFiles();
  const counts = new Map<string, number>((names ?? []).map((name) => [name, 0]));
  let read = 0;
  for (const { buffer: file, metadata } of opened) {
    const rowEnd = Math.min(Number(metadata.num_rows), MOST_EXAMPLES - read);
    if (rowEnd <= 0) break;
    for (const row of await parquetReadObjects({ file, metadata, columns: [column], rowStart: 0, rowEnd })) {
      read += 1;
      const value = plainRow(row)[column];
      const name = labelText(names === undefined ? value : names[Number(value ?? -1)]);
      if (name === undefined) odd.add(`row ${read}`, `has no ${column}`);
      else counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  const total = opened.reduce((sum, { metadata }) => sum + Number(metadata.num_rows), 0);
  const complete = read === total;
  const classes = classCounts(counts);
  const known = names?.length ?? (complete ? classes.length : null);
  return { complete, classes, class_count: known, ...odd.fields };
}
