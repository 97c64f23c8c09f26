/**
 * What is known of the fields that serve as axes and columns: label, direction, how a value is written. One table, so
 * that frontiers, choices, tables, charts, terminal and report agree on which way a metric improves.
 */
import type { Axes, Better } from "./points.js";

export type FieldFormat = "cost" | "share" | "bytes" | "milliseconds" | "number";

export interface Field {
  readonly key: string;
  readonly label: string;
  readonly better: Better;
  readonly format: FieldFormat;
  /** The value that nothing passes, for a metric that has one. */
  readonly ideal?: number;
}

type Known = Omit<Field, "key">;

const KNOWN: Readonly<Record<string, Known>> = {
  macs: { label: "MACs", better: "less", format: "cost" },
  params: { label: "Parameters", better: "less", format: "cost" },
  latency_ms: { label: "Latency", better: "less", format: "milliseconds" },
  memory_bytes: { label: "Memory", better: "less", format: "bytes" },
  accuracy: { label: "Accuracy", better: "more", format: "share", ideal: 1 },
  macro_f1: { label: "Macro F1", better: "more", format: "share", ideal: 1 },
  choice_accuracy: { label: "Choice accuracy", better: "more", format: "share", ideal: 1 },
  choice_accuracy_normalised: {
    label: "Choice accuracy, by length",
    better: "more",
    format: "share",
    ideal: 1,
  },
  loss: { label: "Loss", better: "less", format: "number", ideal: 0 },
  perplexity: { label: "Perplexity", better: "less", format: "number", ideal: 1 },
  score: { label: "Score", better: "more", format: "number" },
  draws: { label: "Draws", better: "more", format: "number" },
};

/** What is known of `key`; an unknown one is a plain number of which more is better. */
export function fieldOf(key: string): Field {
  const known = KNOWN[key.replaceAll("-", "_")];
  if (known !== undefined && Object.hasOwn(KNOWN, key.replaceAll("-", "_"))) return { key, ...known };
  const words = key.replaceAll(/[_-]+/g, " ").trim();
  return {
    key,
    label: words.charAt(0).toUpperCase() + words.slice(1),
    better: "more",
    format: "number",
  };
}

/** The axes of a frontier, each in the direction in which its field improves. */
export function axesOf<Point>(x: keyof Point & string, y: keyof Point & string): Axes<Point> {
  return { x: { key: x, better: fieldOf(x).better }, y: { key: y, better: fieldOf(y).better } };
}

/** Whether a field is a cost, which nobody expects to be better where it is more. */
export const isCost = (key: string): boolean =>
  ["cost", "bytes", "milliseconds"].includes(fieldOf(key).format);

/** The label of an axis; where a metric improves downwards it says so. */
export function axisLabel(key: string): string {
  const { label, better } = fieldOf(key);
  return better === "less" && !isCost(key) ? `${label} (lower is better)` : label;
}

/** `value` as people read it: 1.26 G, 87.5 %, 12.3 MB, 4.2 ms; a dash where it is missing or not finite. */
export function formatField(key: string, value: unknown): string {
  return formatAs(fieldOf(key).format, value);
}

export function formatAs(format: FieldFormat, value: unknown): string {
  if (typeof value !== "number" || !Number.isFinite(value)) return MISSING;
  if (format === "cost") return withPrefix(value, "");
  if (format === "bytes") return withPrefix(value, "B");
  if (format === "milliseconds") return `${trimmed(value)} ms`;
  if (format === "share")
    return `${Math.abs(value) < 100 ? (100 * value).toFixed(1) : trimmed(100 * value)} %`;
  return trimmed(value);
}

export const sign = (value: number): string => (value > 0 ? "+" : value < 0 ? "−" : "±");

/** A difference of a metric with its sign: of shares in points. */
export function formatDifference(format: FieldFormat, value: number): string {
  const size = Math.abs(value);
  return sign(value) + (format === "share" ? `${(100 * size).toFixed(1)} points` : formatAs(format, size));
}

/** Seconds as people read them: 850 ms, 12.3 s, 4 min 5 s, 2 h 3 min. */
export function formatSeconds(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return MISSING;
  if (seconds < 1) return `${Math.round(1000 * seconds)} ms`;
  if (seconds < 99.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Integers in groups of three digits, as 12 345. */
export function formatCount(count: number | null): string {
  if (count === null || !Number.isFinite(count)) return MISSING;
  return String(Math.round(count)).replaceAll(/\B(?=(\d{3})+$)/g, " ");
}

export const MISSING = "-";

const PREFIXES = ["", "k", "M", "G", "T", "P", "E"];

function withPrefix(value: number, unit: string): string {
  let scaled = value;
  let step = 0;
  // 999.5 would be written as 1000.
  while (Math.abs(scaled) >= 999.5 && step < PREFIXES.length - 1) {
    scaled /= 1000;
    step += 1;
  }
  if (Math.abs(scaled) >= 999.5) return `${value.toExponential(2)} ${unit}`.trim();
  const digits = step === 0 ? trimmed(scaled) : scaled.toPrecision(3);
  return `${digits} ${PREFIXES[step]}${unit}`.trim();
}

/** Three significant digits; integers below 1000 as they are, very small and large ones in powers of ten. */
function trimmed(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return String(value);
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e6) return value.toExponential(2);
  return size >= 100 ? String(Math.round(value)) : value.toPrecision(3);
}
