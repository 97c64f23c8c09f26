/** Guesses which columns of a table hold the image and the label. */
import { hasImageName } from "./image-files.js";

const IMAGE_NAMES = [
  "image",
  "img",
  "image_path",
  "path",
  "filepath",
  "file_path",
  "file",
  "filename",
  "file_name",
];
const LABEL_NAMES = ["label", "labels", "class", "class_name", "target", "category", "fine_label", "y"];

export type Row = Record<string, unknown>;

/** The columns of image paths and of labels, judged by the first rows; undefined where there is none of a kind. */
export function guessColumns(rows: readonly Row[]): { image?: string; label?: string; all: string[] } {
  const all = Object.keys(rows[0] ?? {});
  const image = preferred(
    all.filter((name) => rows.some((row) => isImagePath(row[name]))),
    IMAGE_NAMES,
  );
  const others = all.filter((name) => name !== image && rows.some((row) => isLabel(row[name])));
  const label = guessLabel(others, rows);
  return { all, ...(image === undefined ? {} : { image }), ...(label === undefined ? {} : { label }) };
}

/** The column of a usual name; else of those whose values repeat, the one with fewest distinct values. */
export function guessLabel(columns: readonly string[], rows: readonly Row[]): string | undefined {
  const named = columns.find((name) => LABEL_NAMES.includes(name.toLowerCase()));
  if (named !== undefined) return named;
  const distinct = (name: string) => new Set(rows.map((row) => JSON.stringify(row[name]))).size;
  return columns
    .map((name) => ({ name, values: distinct(name) }))
    .filter(({ values }) => values > 1 && values < rows.length)
    .sort((a, b) => a.values - b.values)[0]?.name;
}

function preferred(columns: readonly string[], names: readonly string[]): string | undefined {
  return columns.find((name) => names.includes(name.toLowerCase())) ?? columns[0];
}

const isImagePath = (value: unknown): boolean => typeof value === "string" && hasImageName(value);

const isLabel = (value: unknown): boolean =>
  (typeof value === "string" && value !== "") || typeof value === "number" || typeof value === "boolean";

/** A label as text, as the engine writes it; undefined where there is none. */
export function labelText(value: unknown): string | undefined {
  if (value === null || value === undefined || value === "") return undefined;
  return typeof value === "object" ? undefined : String(value);
}
