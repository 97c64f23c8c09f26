/**
 * Charts as text: a scatter plot in braille dots for what is many, characters of different shapes for what matters,
 * so that it reads without colour; a histogram of bars. Nothing is printed here.
 */
import { Chalk } from "chalk";
import { BrailleCanvas } from "./braille.js";
import { type Field, formatAs } from "./fields.js";
import { roundTicks } from "./ticks.js";

const STYLES = {
  dominated: { glyph: null, color: "gray" },
  infeasible: { glyph: "×", color: "red" },
  "series-0": { glyph: "▲", color: "magenta" },
  "series-1": { glyph: "■", color: "green" },
  "series-2": { glyph: "▼", color: "magentaBright" },
  "series-3": { glyph: "+", color: "cyan" },
  "series-4": { glyph: "◇", color: "yellowBright" },
  "series-5": { glyph: "□", color: "greenBright" },
  "series-6": { glyph: "★", color: "red" },
  "series-7": { glyph: "☆", color: "white" },
  frontier: { glyph: "●", color: "blueBright" },
  anchor: { glyph: "◆", color: "yellow" },
  line: { glyph: null, color: "blueBright" },
} as const;
export type TextStyle = keyof typeof STYLES;

export interface TextSeries {
  /** Shown in the legend; not shown there where empty. */
  readonly label: string;
  readonly style: TextStyle;
  /** (x, y), finite. Of style `line`: the corners of a step line. Later series lie over earlier ones. */
  readonly points: readonly (readonly [number, number])[];
}

export interface ScatterOptions {
  /** Columns that no line exceeds; taken as 24 where smaller. */
  readonly width: number;
  /** Rows of the plot itself; taken as 4 where smaller. */
  readonly height: number;
  readonly color: boolean;
  readonly x: Pick<Field, "label" | "format" | "better">;
  readonly y: Pick<Field, "label" | "format">;
}

const NARROWEST = 24;
const LOWEST = 4;

/** Scatter plot with ticks, axis labels and legend; every line at most `width` columns, without trailing spaces. */
export function scatterText(series: readonly TextSeries[], options: ScatterOptions): string {
  const width = Math.max(NARROWEST, Math.floor(options.width));
  const rows = Math.max(LOWEST, Math.floor(options.height));
  const points = series.flatMap((entry) => entry.points);
  if (points.length === 0) return cut("no points to draw", width);
  const x = makeScale(points.map((point) => point[0]));
  const y = makeScale(points.map((point) => point[1]));
  const yTicks = roundTicks(y.low, y.high, Math.max(1, Math.floor(rows / 3)));
  const labels = new Map(yTicks.map((tick) => [Math.floor((1 - y.place(tick)) * (rows - 1) + 0.5), tick]));
  const margin = Math.max(...yTicks.map((tick) => formatAs(options.y.format, tick).length));
  const canvas = new BrailleCanvas(width - margin - 2, rows);
  drawSeries(canvas, series, x, y, options.x.better);
  const paint = painter(options.color);
  const lines = canvas.cells().map((cells, row) => {
    const tick = labels.get(row);
    const label = tick === undefined ? "" : formatAs(options.y.format, tick);
    const body = cells.map(({ text, style }) => paint(text, style)).join("");
    return `${label.padStart(margin)} ${tick === undefined ? "│" : "┤"}${body}`;
  });
  return [
    cut(options.y.label, width),
    ...lines,
    ...xAxis(x, canvas.columns, margin, options.x),
    ...legend(series, width, paint),
  ]
    .map((line) => line.trimEnd())
    .join("\n");
}

interface Scale {
  readonly low: number;
  readonly high: number;
  /** Share of the way from low to high. */
  place(value: number): number;
}

/** Spans the values; a single value lies in the middle. */
function makeScale(values: readonly number[]): Scale {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  // Halves, since the difference of two large values may be beyond the largest number.
  const span = high / 2 - low / 2;
  return { low, high, place: (value) => (span === 0 ? 0.5 : (value / 2 - low / 2) / span) };
}

function drawSeries(
  canvas: BrailleCanvas,
  series: readonly TextSeries[],
  x: Scale,
  y: Scale,
  better: "less" | "more",
): void {
  const column = (value: number) => Math.round(x.place(value) * (2 * canvas.columns - 1));
  const row = (value: number) => Math.round((1 - y.place(value)) * (4 * canvas.rows - 1));
  const lines = series.filter(({ style }) => style === "line");
  for (const { points } of lines) {
    const corners = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    corners.slice(1).forEach(([x1, y1], i) => {
      const [x0, y0] = corners[i] as readonly [number, number];
      const kept = better === "less" ? y0 : y1;
      const turn = better === "less" ? x1 : x0;
      canvas.line(column(x0), row(kept), column(x1), row(kept), "line");
      canvas.line(column(turn), row(y0), column(turn), row(y1), "line");
    });
  }
  for (const { points, style } of series) {
    const glyph = glyphOf(style, points.length);
    if (style === "line") continue;
    for (const [px, py] of points) {
      if (glyph === null) canvas.dot(column(px), row(py), style);
      else canvas.glyph(column(px), row(py), glyph, style);
    }
  }
}

/** Dots are for what is many: a few of them would be overlooked. */
const MOST_RINGS = 60;

function glyphOf(style: TextStyle, count: number): string | null {
  return style === "dominated" && count <= MOST_RINGS ? "○" : STYLES[style].glyph;
}

/** Axis line with tick marks, tick labels that do not touch, and the axis label. */
function xAxis(
  x: Scale,
  columns: number,
  margin: number,
  { label, format }: Pick<Field, "label" | "format">,
): string[] {
  const axis = new Array<string>(columns).fill("─");
  const texts = new Array<string>(columns).fill(" ");
  let free = 0;
  for (const tick of roundTicks(x.low, x.high, Math.max(2, Math.floor(columns / 11)))) {
    const at = Math.round(x.place(tick) * (columns - 1));
    const text = formatAs(format, tick);
    const start = Math.min(Math.max(0, at - Math.floor(text.length / 2)), columns - text.length);
    if (start < free) continue;
    axis[at] = "┬";
    for (const [i, character] of [...text].entries()) texts[start + i] = character;
    free = start + text.length + 1;
  }
  const indent = " ".repeat(margin + 1);
  const name = cut(label, columns);
  const centred = " ".repeat(Math.floor((columns - name.length) / 2)) + name;
  return [`${indent}└${axis.join("")}`, `${indent} ${texts.join("")}`, `${indent} ${centred}`];
}

function legend(
  series: readonly TextSeries[],
  width: number,
  paint: (text: string, style: string) => string,
): string[] {
  const lines: string[] = [];
  let used = 0;
  for (const { label, style, points } of series) {
    if (label === "" || points.length === 0) continue;
    const text = cut(label, width - 2);
    const entry = `${paint(glyphOf(style, points.length) ?? "⠂", style)} ${text}`;
    const length = text.length + 2;
    if (lines.length > 0 && used + 3 + length <= width) {
      lines.push(`${lines.pop()}   ${entry}`);
      used += 3 + length;
    } else {
      lines.push(entry);
      used = length;
    }
  }
  return lines;
}

/** Colours by style, or leaves as it is. */
function painter(color: boolean): (text: string, style: string) => string {
  if (!color) return (text) => text;
  const chalk = new Chalk({ level: 1 });
  return (text, style) => (style in STYLES ? chalk[STYLES[style as TextStyle].color](text) : text);
}

export interface Bar {
  readonly label: string;
  readonly value: number;
  /** A line is drawn above the first bar of each new group. */
  readonly group?: string;
}

const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** Horizontal bars with their values, headed by their group where it changes; no line exceeds `width` columns. */
export function barsText(bars: readonly Bar[], { width, color }: { width: number; color: boolean }): string {
  const columns = Math.max(NARROWEST, Math.floor(width));
  const labelWidth = bars.reduce((most, { label }) => Math.max(most, label.length), 0);
  const valueWidth = bars.reduce((most, { value }) => Math.max(most, String(value).length), 0);
  const room = Math.max(1, columns - labelWidth - valueWidth - 2);
  const top = bars.reduce((most, { value }) => Math.max(most, value), 0) || 1;
  const paint = painter(color);
  const lines: string[] = [];
  let group: string | undefined;
  for (const bar of bars) {
    if (bar.group !== undefined && bar.group !== group) lines.push(cut(bar.group, columns));
    group = bar.group;
    const eighths = Math.round((bar.value / top) * room * 8);
    // What is there is never drawn as nothing.
    const drawn = bar.value > 0 ? Math.max(1, eighths) : 0;
    const body = "█".repeat(drawn >> 3) + (EIGHTHS[drawn & 7] ?? "");
    lines.push(`${cut(bar.label, columns).padStart(labelWidth)} ${paint(body, "frontier")} ${bar.value}`);
  }
  return lines.join("\n");
}

function cut(text: string, width: number): string {
  const characters = [...text.replaceAll(/\p{Cc}+/gu, " ")];
  return characters.length <= width ? characters.join("") : `${characters.slice(0, width - 1).join("")}…`;
}
