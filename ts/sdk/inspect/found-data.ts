/** What looking at a folder finds: data that a task could name, with counts to show and oddities to mend. */
import type { DataFormat, TaskType } from "../../config/schema/task.js";

export interface ClassCount {
  name: string;
  examples: number;
}

export interface OddFile {
  file: string;
  why: string;
}

/** Which columns hold what; of a table of conversations none is named. */
export interface DataColumns {
  image?: string;
  text?: string;
  text_pair?: string;
  label?: string;
}

/** Lengths of the texts that were read, in characters. */
export interface TextLengths {
  mean: number;
  longest: number;
  /** Row of the longest, from 1. */
  longest_row: number;
}

/** Data of one's own that a `task.data` section can name. Paths are absolute. */
export interface FoundData {
  /** The type of task that it serves. */
  task: TaskType;
  format: DataFormat;
  train: string;
  /** Parts that stand beside the training part, by their usual names. */
  validation?: string;
  test?: string;
  /** Only for tables. */
  columns?: DataColumns;
  /** Columns of a table, in its order. */
  has_columns?: string[];
  /** Of the training part. */
  examples: number;
  /** False where counting stopped at MOST_EXAMPLES. */
  complete: boolean;
  /** Only for texts that were read. */
  text_lengths?: TextLengths;
  /** In natural order of their names; empty where they could not be counted. */
  classes: ClassCount[];
  /** Number of classes; null where only the engine can tell, and for conversations, which have none. */
  class_count: number | null;
  /** Files and rows that would fail or be left out: at most MOST_ODD are listed, `odd_count` counts all. */
  odd: OddFile[];
  odd_count: number;
}

/** Something that looked like data but cannot be offered. */
export interface SkippedData {
  path: string;
  why: string;
}

/** Counting ends here, so that looking at a folder never takes minutes. */
export const MOST_EXAMPLES = 200_000;
export const MOST_ODD = 20;

/** Collects oddities: all are counted, the first few are kept. */
export class OddFiles {
  readonly list: OddFile[] = [];
  count = 0;

  add(file: string, why: string): void {
    this.count += 1;
    if (this.list.length < MOST_ODD) this.list.push({ file, why });
  }

  get fields(): Pick<FoundData, "odd" | "odd_count"> {
    return { odd: this.list, odd_count: this.count };
  }
}

/** Adds up the lengths of texts. */
export class LengthCounter {
  #texts = 0;
  #characters = 0;
  #longest = 0;
  #row = 0;

  add(text: string, row: number): void {
    this.#texts += 1;
    this.#characters += text.length;
    if (text.length <= this.#longest) return;
    this.#longest = text.length;
    this.#row = row;
  }

  get fields(): { text_lengths?: TextLengths } {
    if (this.#texts === 0) return {};
    const mean = this.#characters / this.#texts;
    return { text_lengths: { mean, longest: this.#longest, longest_row: this.#row } };
  }
}

const collator = new Intl.Collator("en", { numeric: true });

/** The counted labels in natural order: 2 before 10. */
export function classCounts(counts: ReadonlyMap<string, number>): ClassCount[] {
  return [...counts]
    .map(([name, examples]) => ({ name, examples }))
    .sort((a, b) => collator.compare(a.name, b.name));
}
