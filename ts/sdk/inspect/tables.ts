/** CSV and JSONL tables of images, texts or conversations: columns guessed from the first rows, all rows counted. */
import { dirname, resolve } from "node:path";
import { closest } from "../../config/problems.js";
import type { TaskType } from "../../config/schema/task.js";
import { type TableRow, tableRows } from "../../planning/table-rows.js";
import { type GuessedColumns, guessColumns, labelText, type Row } from "./columns.js";
import { conversationFault, conversationText } from "./conversations.js";
import {
  classCounts,
  type DataColumns,
  type FoundData,
  LengthCounter,
  MOST_EXAMPLES,
  OddFiles,
} from "./found-data.js";
import { faultOfImage } from "./image-files.js";

const GUESSED_FROM = 100;
/** So many of the first images are opened. */
const MOST_OPENED = 200;

export interface TableOptions {
  /** Overrides what the columns tell. */
  task?: TaskType | undefined;
  columns?: { [Key in keyof DataColumns]: string | undefined } | undefined;
}

/** Counts the table in `file`; a text in place of it says why it cannot serve. */
export async function inspectTable(
  file: string,
  format: "csv" | "jsonl",
  options: TableOptions = {},
): Promise<FoundData | string> {
  try {
    const first: Row[] = [];
    for await (const { fields } of tableRows(file, format)) if (first.push(fields) === GUESSED_FROM) break;
    if (first.length === 0) return "has no rows";
    const guess = guessColumns(first, defined(options.columns), options.task);
    const fault = faultOfColumns(guess);
    if (fault !== undefined) return fault;
    if (guess.task === "instruction-tuning" && format === "csv") {
      return "is a CSV: conversations are read from JSONL, Parquet or a saved data set";
    }
    const { task, all } = guess;
    const counted = await countRows(file, tableRows(file, format), guess);
    const { image, text, text_pair, label } = guess;
    const columns = defined({ image, text, text_pair, label });
    return {
      ...{ task, format, train: file },
      ...(task === "instruction-tuning" ? {} : { columns }),
      has_columns: all,
      ...counted,
    };
  } catch (error) {
    return `cannot be read as ${format.toUpperCase()}: ${(error as Error).message.split("\n")[0]}`;
  }
}

/** Why these columns cannot serve, if they cannot: none guessed, or one named that is not there. */
export function faultOfColumns({
  task,
  all,
  image,
  text,
  text_pair,
  label,
}: GuessedColumns): string | undefined {
  if (task === "instruction-tuning") return undefined;
  const shown = `(columns: ${all.join(", ")})`;
  if (task === "image-classification" && image === undefined)
    return `no column holds names of images ${shown}`;
  if (task === "text-classification" && text === undefined)
    return `no column holds texts or names of images ${shown}`;
  if (label === undefined) return `no column looks like a class ${shown}`;
  const missing = [image, text, text_pair, label].filter((name) => name !== undefined && !all.includes(name));
  if (missing.length === 0) return undefined;
  const meant = closest(missing[0] ?? "", all);
  const hint = meant === undefined ? "" : `; did you mean ${meant}?`;
  return `has no column ${missing.join(", ")}; it has ${all.join(", ")}${hint}`;
}

type Counted = Pick<
  FoundData,
  "examples" | "complete" | "classes" | "class_count" | "odd" | "odd_count" | "text_lengths"
>;

/** Counts the rows of a table, whatever file they come from. */
export class RowCounter {
  readonly #odd = new OddFiles();
  readonly #lengths = new LengthCounter();
  readonly #counts: Map<string, number>;
  #examples = 0;

  /** `classes`: names that are known before a row is read. */
  constructor(
    private readonly columns: GuessedColumns,
    private readonly classes?: readonly string[] | undefined,
  ) {
    this.#counts = new Map(classes?.map((name) => [name, 0]));
  }

  get examples(): number {
    return this.#examples;
  }

  /** The path of the row's image where there is one, to be looked at. */
  add({ number, fields }: TableRow): string | undefined {
    this.#examples += 1;
    const odd = (why: string) => this.#odd.add(`row ${number}`, why);
    const { task, image, text = "", text_pair, label = "" } = this.columns;
    if (task === "instruction-tuning") {
      const fault = conversationFault(fields);
      if (fault !== undefined) odd(fault);
      this.#lengths.add(conversationText(fields), number);
      return undefined;
    }
    const name = labelText(fields[label]);
    if (name === undefined) odd(`has no ${label}`);
    else this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    if (task === "image-classification")
      return image === undefined ? undefined : this.#image(fields[image], odd, image);
    for (const column of text_pair === undefined ? [text] : [text, text_pair]) {
      const value = fields[column];
      if (typeof value !== "string" || value.trim() === "") odd(`has no ${column}`);
    }
    this.#lengths.add(
      `${fields[text] ?? ""}${text_pair === undefined ? "" : (fields[text_pair] ?? "")}`,
      number,
    );
    return undefined;
  }

  #image(path: unknown, odd: (why: string) => void, column: string): string | undefined {
    if (typeof path === "string" && path !== "") return path;
    odd(`has no ${column}`);
    return undefined;
  }

  addOdd(file: string, why: string): void {
    this.#odd.add(file, why);
  }

  fields(complete: boolean): Counted {
    const classes = classCounts(this.#counts);
    const countable = this.columns.task !== "instruction-tuning" && (complete || this.classes !== undefined);
    return {
      ...{ examples: this.#examples, complete, classes },
      class_count: countable ? classes.length : null,
      ...this.#lengths.fields,
      ...this.#odd.fields,
    };
  }
}

async function countRows(
  file: string,
  rows: AsyncIterable<TableRow>,
  columns: GuessedColumns,
): Promise<Counted> {
  const counter = new RowCounter(columns);
  for await (const row of rows) {
    if (counter.examples === MOST_EXAMPLES) break;
    const image = counter.add(row);
    if (image === undefined || counter.examples > MOST_OPENED) continue;
    const fault = await faultOfImage(resolve(dirname(file), image));
    if (fault !== undefined) counter.addOdd(image, fault);
  }
  return counter.fields(counter.examples < MOST_EXAMPLES);
}

/** Without the keys that say nothing. */
export const defined = (columns: TableOptions["columns"] = {}): DataColumns =>
  Object.fromEntries(Object.entries(columns).filter(([, name]) => name !== undefined));
