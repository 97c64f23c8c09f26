/** What was found and what is planned, in the few words that a question has room for. */
import { formatAs, formatCount, formatField } from "../../../analysis/fields.js";
import { COST_FIELDS } from "../../../config/schema/deployment.js";
import { shownPath } from "../../../sdk/command-words.js";
import type { FoundData } from "../../../sdk/inspect-data.js";
import { roughTime } from "../rough.js";
import type { Preview } from "./draft.js";

const FORMAT_NAMES: Record<FoundData["format"], string> = {
  "image-folder": "image folder",
  csv: "CSV",
  jsonl: "JSONL",
  parquet: "Parquet",
  saved: "saved data set",
};
const CONTENTS: Record<FoundData["task"], string> = {
  "image-classification": "",
  "text-classification": " of texts",
  "instruction-tuning": " of conversations",
};
const SHOWN_CLASSES = 6;
const SHOWN_ODD = 4;

/** One line: format, examples, classes. */
export function dataLine(data: FoundData): string {
  const examples =
    data.examples > 0 ? `${data.complete ? "" : "over "}${formatCount(data.examples)} examples` : "";
  const counted = data.class_count === null ? "classes not counted" : `${data.class_count} classes`;
  const classes = data.task === "instruction-tuning" ? "" : counted;
  return [`${FORMAT_NAMES[data.format]}${CONTENTS[data.task]}`, examples, classes]
    .filter((part) => part !== "")
    .join(", ");
}

/** A preview of the data: its classes with their counts, its other parts, and what is odd about it. */
export function dataPreview(data: FoundData): string[] {
  const { classes, odd, odd_count } = data;
  const lines = [`${shownPath(data.train)}: ${dataLine(data)}`];
  lines.push(...columnLine(data), ...lengthLine(data));
  if (classes.length > 0) {
    const shown = classes.slice(0, SHOWN_CLASSES).map(({ name, examples }) => `${name} ${examples}`);
    const rest = classes.length - shown.length;
    lines.push(`classes: ${shown.join(", ")}${rest > 0 ? `, and ${rest} more` : ""}`);
  }
  for (const part of ["validation", "test"] as const) {
    const path = data[part];
    if (path !== undefined) lines.push(`${part}: ${shownPath(path)}`);
  }
  if (odd_count > 0) {
    lines.push(`${odd_count} odd:`);
    lines.push(...odd.slice(0, SHOWN_ODD).map(({ file, why }) => `  ${file} ${why}`));
    if (odd_count > SHOWN_ODD) lines.push(`  and ${odd_count - SHOWN_ODD} more`);
  }
  return lines;
}

function columnLine({ columns }: FoundData): string[] {
  if (columns === undefined) return [];
  const roles = { image: "image", text: "text", text_pair: "second text", label: "class" } as const;
  const named = Object.entries(columns).map(
    ([role, name]) => `${name} (${roles[role as keyof typeof roles]})`,
  );
  return [`columns: ${named.join(", ")}`];
}

function lengthLine({ text_lengths: lengths }: FoundData): string[] {
  if (lengths === undefined) return [];
  const { mean, longest, longest_row } = lengths;
  return [
    `length: ${formatCount(mean)} characters on average, the longest ${formatCount(longest)} (row ${longest_row})`,
  ];
}

/** Stitches, memory and time of a plan, in one line; or why there is none. */
export function planLine(preview: Preview): string {
  if ("fault" in preview) return `does not fit: ${preview.fault}`;
  const { totals, memory } = preview.plan;
  const bytes = formatAs("bytes", memory.training_bytes);
  return `${totals.stitches} stitches, ${bytes} to train, ${roughTime(preview.seconds)} on one CPU thread`;
}

/** How the stitches fall into the cost intervals: "9 · 14 · 8". */
export function intervalLine(preview: Preview): string {
  if ("fault" in preview) return `does not fit: ${preview.fault}`;
  return `stitches in each: ${preview.plan.intervals.map(({ stitches }) => stitches).join(", ")}`;
}

/** The range of costs that the plan's stitches span. */
export function costRange({ plan }: Extract<Preview, { plan: unknown }>): string {
  const { axis } = plan.config.deployment;
  const field = COST_FIELDS[axis];
  const costs = plan.stitches.map((stitch) => stitch[field]);
  const [least, most] = [costs.reduce((a, b) => Math.min(a, b)), costs.reduce((a, b) => Math.max(a, b))];
  return `${formatField(field, least)} to ${formatField(field, most)} ${axis}`;
}
