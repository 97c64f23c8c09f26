/** What looking at a folder finds: data that a task could name, with counts to show and oddities to mend. */
import type { DataFormat } from "../../config/schema/task.js";

export interface ClassCount {
  name: string;
  examples: number;
}

export interface OddFile {
  file: string;
  why: string;
}

/** Data of one's own that a `task.data` section can name. Paths are absolute. */
export interface FoundData {
  format: DataFormat;
  train: string;
  /** Parts that stand beside the training part, by their usual names. */
  validation?: string;
  test?: string;
  /** Only for tables; undefined where no column could be guessed. */
  columns?: { image: string; label: string };
  /** Columns of a table, in its order. */
  has_columns?: string[];
  /** Of the training part. */
  examples: number;
  /** False where counting stopped at MOST_EXAMPLES. */
  complete: boolean;
  /** In natural order of their names; empty where they could not be counted. */
  classes: ClassCount[];
  /** Number of classes; null where only the engine can tell. */
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

const collator = new Intl.Collator("en", { numeric: true });

/** The counted labels in natural order: 2 before 10. */
export function classCounts(counts: ReadonlyMap<string, number>): ClassCount[] {
  return [...counts]
    .map(([name, examples]) => ({ name, examples }))
    .sort((a, b) => collator.compare(a.name, b.name));
}
