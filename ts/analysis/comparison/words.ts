/** How the tables of a comparison write means, deviations, differences and amounts. */
import { axisLabel, fieldOf, formatAs, formatDifference, MISSING, sign } from "../fields.js";
import { meanOf } from "./summary.js";

/** Mean, and over several values their standard deviation. */
export function spread(
  values: readonly number[],
  text: (value: number) => string,
  deviationText: (value: number) => string = text,
): string {
  if (values.length === 0) return MISSING;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length === 1) return text(mean);
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return `${text(mean)} ± ${deviationText(Math.sqrt(squares / (values.length - 1)))}`;
}

export function known(values: readonly (number | null | undefined)[]): number[] {
  return values.filter((value): value is number => typeof value === "number");
}

/** Mean of the values that there are; null where there is none. */
export function meanOfKnown(values: readonly (number | null | undefined)[]): number | null {
  return meanOf(known(values), (value) => value);
}

export function meanText(value: number | null, text: (value: number) => string): string {
  return value === null ? MISSING : text(value);
}

/** Hypervolumes to the thousandth where they are shares, else three digits. */
export function areaText(value: number): string {
  return Math.abs(value) < 10 ? value.toFixed(3) : formatAs("number", value);
}

export const signedArea = (value: number): string => sign(value) + areaText(Math.abs(value));
export const signed = (value: number): string => sign(value) + Math.abs(value).toFixed(2);
export const plainDeviation = (value: number): string => value.toFixed(2);

/** An amount of the metric, without sign: of shares in points. */
export function amountText(metric: string, value: number): string {
  const field = fieldOf(metric);
  return field.format === "share" ? `${(100 * value).toFixed(2)} points` : formatAs(field.format, value);
}

export function plain(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(1);
}

export function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

/** A difference of the metric with its sign, whichever way it improves: of shares in points. */
export function differenceText(metric: string, value: number): string {
  return formatDifference(fieldOf(metric).format, value);
}

/** "best accuracy", or for a metric that improves downwards "best perplexity (lower is better)". */
export function bestLabel(metric: string): string {
  return `best ${axisLabel(metric).toLowerCase()}`;
}

export function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
