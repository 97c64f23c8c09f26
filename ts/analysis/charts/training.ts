/** Charts of how a run went: the loss, how often each stitch was drawn, how the scores moved. */
import { fieldOf, formatField } from "../fields.js";
import type { ReportStep } from "../report-data.js";
import { scatterText, type TextSeries } from "../terminal.js";
import { type LossPoint, lossCurve, type ScorePoint, scoreCurves } from "../training-history.js";
import { Chart } from "./chart.js";
import type { Theme } from "./theme.js";
import type { VegaLiteSpec } from "./vega.js";

const HEIGHT = 240;
const STEP = { label: "Step", format: "number", better: "less" } as const;
const STEP_AXIS = { title: "Step", grid: false, tickCount: { expr: "clamp(width / 70, 3, 9)" } };
const quantity = (field: string, title: string, format: string) => ({
  field,
  title,
  type: "quantitative",
  format,
});

/** Training loss over the steps: means in grey, their moving average as a line. */
export function makeLossChart(steps: readonly ReportStep[]): Chart {
  const curve = lossCurve(steps);
  const last = curve.at(-1);
  const ends = last === undefined ? "" : `, ${formatField("loss", last.smooth)} at the end (moving average)`;
  const dots = curve.map(({ step, loss }) => [step, loss] as const);
  const series: TextSeries[] = [{ label: "Training loss", style: "dominated", points: dots }];
  return new Chart({
    title: "Training loss",
    description: `Training loss over ${steps.length} steps${ends}.`,
    height: HEIGHT,
    body: (theme) => lossBody(curve, theme),
    text: (options) => scatterText(series, { ...options, x: STEP, y: fieldOf("loss") }),
  });
}

function lossBody(curve: readonly LossPoint[], theme: Theme): VegaLiteSpec {
  const x = {
    field: "step",
    type: "quantitative",
    axis: STEP_AXIS,
    scale: { nice: false },
  };
  const y = (field: string) => ({
    field,
    type: "quantitative",
    scale: { zero: false },
    axis: { title: "Loss" },
  });
  const tooltip = [
    quantity("step", "Step", "d"),
    quantity("loss", "Loss", ".3~f"),
    quantity("smooth", "Average", ".3~f"),
  ];
  return {
    data: { values: curve },
    layer: [
      {
        mark: { type: "point", filled: true, size: 14, opacity: 0.7, color: theme.dominated, aria: false },
        encoding: { x, y: y("loss"), tooltip },
      },
      {
        mark: { type: "line", strokeWidth: 2, color: theme.frontier, aria: false },
        encoding: { x, y: y("smooth"), tooltip },
      },
    ],
  };
}

/** A stitch as the charts of draws and scores need it. */
export interface DrawnStitch {
  readonly id: number;
  readonly name: string;
  readonly macs: number;
  readonly draws: number | null;
  readonly in_palette: boolean;
}

const IN_PALETTE = "In the palette";
const LEFT_OUT = "Left out";

/** Draws of each stitch, by its MACs. */
export function makeDrawsChart(stitches: readonly DrawnStitch[]): Chart {
  const rows = stitches
    .filter(({ draws }) => draws !== null)
    .map(({ id, name, macs, draws, in_palette }) => ({
      id,
      name,
      macs,
      draws,
      group: in_palette ? IN_PALETTE : LEFT_OUT,
    }));
  const counts = rows.map(({ draws }) => draws as number);
  const range = counts.length === 0 ? "" : `, from ${least(counts)} to ${most(counts)}`;
  const pick = (wanted: string) =>
    rows.filter(({ group }) => group === wanted).map(({ macs, draws }) => [macs, draws as number] as const);
  const series: TextSeries[] = [
    { label: LEFT_OUT, style: "dominated", points: pick(LEFT_OUT) },
    { label: IN_PALETTE, style: "frontier", points: pick(IN_PALETTE) },
  ];
  return new Chart({
    title: "Draws of each stitch",
    description: `How often training drew each of ${rows.length} stitches${range}.`,
    height: HEIGHT,
    body: (theme) => drawsBody(rows, theme),
    text: (options) => scatterText(series, { ...options, x: fieldOf("macs"), y: fieldOf("draws") }),
  });
}

function drawsBody(rows: readonly object[], theme: Theme): VegaLiteSpec {
  const x = {
    field: "macs",
    type: "quantitative",
    scale: { zero: false, padding: 8 },
    axis: {
      title: "MACs",
      labelExpr: "format(datum.value, '~s')",
      grid: false,
      tickCount: { expr: "clamp(width / 90, 3, 9)" },
    },
  };
  const y = { field: "draws", type: "quantitative", axis: { title: "Draws", tickMinStep: 1 } };
  const tooltip = [
    { field: "name", title: "Stitch", type: "nominal" },
    quantity("id", "Id", "d"),
    quantity("macs", "MACs", ".3s"),
    quantity("draws", "Draws", "d"),
    { field: "group", title: "Group", type: "nominal" },
  ];
  return {
    data: { values: rows },
    encoding: { x, color: paletteColour(theme) },
    layer: [
      {
        mark: { type: "rule", strokeWidth: 1, opacity: 0.6, aria: false },
        encoding: { y, y2: { datum: 0 }, tooltip },
      },
      {
        mark: { type: "point", filled: true, size: 55, opacity: 1, aria: false },
        encoding: { y, shape: paletteShape(), tooltip },
      },
    ],
  };
}

/** Moving average of each stitch's score over the steps; `name` is the score's own, such as snip. */
export function makeScoresChart(
  steps: readonly ReportStep[],
  stitches: readonly DrawnStitch[],
  { name, momentum }: { readonly name: string; readonly momentum: number },
): Chart {
  const known = new Map(stitches.map((stitch) => [stitch.id, stitch]));
  const points = fewCurves(scoreCurves(steps, momentum), known).map((point) => ({
    ...point,
    name: known.get(point.stitch)?.name ?? `stitch ${point.stitch}`,
    group: known.get(point.stitch)?.in_palette ? IN_PALETTE : LEFT_OUT,
  }));
  const pick = (wanted: string) =>
    points.filter(({ group }) => group === wanted).map(({ step, score }) => [step, score] as const);
  const series: TextSeries[] = [LEFT_OUT, IN_PALETTE].map((label) => ({
    label,
    style: label === LEFT_OUT ? "dominated" : "frontier",
    points: pick(label),
  }));
  return new Chart({
    title: `Scores (${name})`,
    description: `Moving average of the ${name} score of ${new Set(points.map(({ stitch }) => stitch)).size} stitches over the steps.`,
    height: HEIGHT,
    body: (theme) => scoresBody(points, theme),
    text: (options) => scatterText(series, { ...options, x: STEP, y: fieldOf("score") }),
  });
}

const MOST_CURVES = 80;

/** Curves of the palette, and of others as many as can be told apart. */
function fewCurves(points: readonly ScorePoint[], known: ReadonlyMap<number, DrawnStitch>): ScorePoint[] {
  const ids = [...new Set(points.map(({ stitch }) => stitch))].sort((a, b) => a - b);
  const chosen = ids.filter((id) => known.get(id)?.in_palette);
  const others = ids.filter((id) => !known.get(id)?.in_palette);
  const every = Math.max(1, Math.ceil(others.length / MOST_CURVES));
  const kept = new Set([...chosen, ...others.filter((_, i) => i % every === 0)]);
  return points.filter(({ stitch }) => kept.has(stitch));
}

function scoresBody(points: readonly object[], theme: Theme): VegaLiteSpec {
  const line = (group: string, width: number, opacity: number) => ({
    transform: [{ filter: `datum.group == ${JSON.stringify(group)}` }],
    mark: { type: "line", strokeWidth: width, opacity, aria: false },
  });
  return {
    data: { values: points },
    encoding: {
      x: {
        field: "step",
        type: "quantitative",
        axis: STEP_AXIS,
        scale: { nice: false },
      },
      y: {
        field: "score",
        type: "quantitative",
        scale: { zero: false },
        axis: { title: "Score", labelExpr: "format(datum.value, '~g')" },
      },
      detail: { field: "stitch", type: "nominal" },
      color: paletteColour(theme),
      tooltip: [
        { field: "name", title: "Stitch", type: "nominal" },
        quantity("stitch", "Id", "d"),
        quantity("step", "Step", "d"),
        quantity("score", "Score", ".3~g"),
        { field: "group", title: "Group", type: "nominal" },
      ],
    },
    layer: [line(LEFT_OUT, 1, 0.8), line(IN_PALETTE, 2, 1)],
  };
}

const LEGEND = { title: null, orient: "bottom" } as const;

function paletteColour(theme: Theme): VegaLiteSpec {
  const scale = { domain: [IN_PALETTE, LEFT_OUT], range: [theme.frontier, theme.dominated] };
  return { field: "group", type: "nominal", scale, legend: LEGEND };
}

function paletteShape(): VegaLiteSpec {
  const scale = { domain: [IN_PALETTE, LEFT_OUT], range: ["circle", "square"] };
  return { field: "group", type: "nominal", scale, legend: LEGEND };
}

function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
}

function most(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
}
