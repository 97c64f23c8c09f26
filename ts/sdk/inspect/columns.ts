/** Guesses which columns of a table hold the image or the text, and the label. */
import type { TaskType } from "../../config/schema/task.js";
import type { DataColumns } from "./found-data.js";
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
const TEXT_NAMES = [
  "text",
  "sentence",
  "content",
  "body",
  "review",
  "comment",
  "message",
  "question",
  "query",
  "utterance",
  "premise",
  "sentence1",
  "text_a",
  "question1",
  "title",
];
/** Names that the two texts of a pair usually have. */
const PAIRS: Readonly<Record<string, string>> = {
  text: "text_pair",
  premise: "hypothesis",
  sentence1: "sentence2",
  text_a: "text_b",
  question1: "question2",
};
const LABEL_NAMES = ["label", "labels", "class", "class_name", "target", "category", "fine_label", "y"];

export type Row = Readonly<Record<string, unknown>>;

export interface GuessedColumns extends DataColumns {
  task: TaskType;
  /** All columns, in the table's order. */
  all: string[];
}

/**
 * What a table serves, and which of its columns hold what, judged by its first rows: conversations, images where a
 * column names some, else texts. `task` and `columns` override the guess.
 */
export function guessColumns(
  rows: readonly Row[],
  columns: DataColumns = {},
  task?: TaskType | undefined,
): GuessedColumns {
  const all = Object.keys(rows[0] ?? {});
  const image = columns.image ?? guessImageColumn(all, rows);
  const wanted = task ?? guessTask(all, columns, image);
  if (wanted === "instruction-tuning") return { task: wanted, all };
  const own = wanted === "image-classification" ? given({ image }) : textColumns(all, rows, columns);
  const taken = new Set<string | undefined>(Object.values(own));
  const others = all.filter((name) => !taken.has(name) && rows.some((row) => isLabel(row[name])));
  return { task: wanted, all, ...own, ...given({ label: columns.label ?? guessLabel(others, rows) }) };
}

function guessTask(all: readonly string[], columns: DataColumns, image: string | undefined): TaskType {
  if (columns.text !== undefined) return "text-classification";
  if (columns.image === undefined && holdConversations(all)) return "instruction-tuning";
  return image === undefined ? "text-classification" : "image-classification";
}

/** Whether these columns are those of instruction tuning, in either of its forms. */
export function holdConversations(columns: readonly string[]): boolean {
  const has = (name: string) => columns.includes(name);
  return has("messages") || (has("instruction") && (has("output") || has("choices")));
}

function guessImageColumn(all: readonly string[], rows: readonly Row[]): string | undefined {
  return preferred(
    all.filter((name) => rows.some((row) => isImagePath(row[name]))),
    IMAGE_NAMES,
  );
}

/** The text by a usual name, else the column of the longest texts that are not the label's; with its pair. */
function textColumns(all: readonly string[], rows: readonly Row[], columns: DataColumns): DataColumns {
  const texts = all.filter((name) => name !== columns.label && rows.some((row) => isText(row[name])));
  const named = (names: readonly string[]) =>
    names.flatMap((name) => texts.find((text) => text.toLowerCase() === name) ?? [])[0];
  const unlabelled = texts.filter((name) => !LABEL_NAMES.includes(name.toLowerCase()));
  const text = columns.text ?? named(TEXT_NAMES) ?? longest(unlabelled, rows);
  const pair = columns.text_pair ?? named([PAIRS[text?.toLowerCase() ?? ""] ?? ""]);
  return given({ text, text_pair: pair });
}

/** Texts have more than one word somewhere; what has not is a name. */
function longest(columns: readonly string[], rows: readonly Row[]): string | undefined {
  const length = (name: string) => rows.reduce((sum, row) => sum + String(row[name] ?? "").length, 0);
  return columns
    .filter((name) => rows.some((row) => /\S\s+\S/.test(String(row[name] ?? ""))))
    .map((name) => ({ name, size: length(name) }))
    .sort((a, b) => b.size - a.size)[0]?.name;
}

const given = (columns: { [Key in keyof DataColumns]: string | undefined }): DataColumns =>
  Object.fromEntries(Object.entries(columns).filter(([, name]) => name !== undefined));

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

const isText = (value: unknown): boolean => typeof value === "string" && value !== "";

const isImagePath = (value: unknown): boolean => typeof value === "string" && hasImageName(value);

const isLabel = (value: unknown): boolean =>
  (typeof value === "string" && value !== "") || typeof value === "number" || typeof value === "boolean";

/** A label as text, as the engine writes it; undefined where there is none. */
export function labelText(value: unknown): string | undefined {
  if (value === null || value === undefined || value === "") return undefined;
  return typeof value === "object" ? undefined : String(value);
}
