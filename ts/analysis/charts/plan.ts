/** The chart of a plan: how many stitches lie where along a cost, the intervals of the deployment, the anchors. */
import wrapAnsi from "wrap-ansi";
import { fieldOf, formatField } from "../fields.js";
import { barsText } from "../terminal.js";
import { Chart } from "./chart.js";
import type { Theme } from "./theme.js";
import type { VegaLiteSpec } from "./vega.js";

export interface PlanPoint {
  readonly id: number;
  readonly name: string;
  readonly macs: number;
  readonly params: number;
  readonly memory_bytes: number;
}

export interface PlanChartData {
  readonly stitches: readonly PlanPoint[];
  readonly anchors: readonly PlanPoint[];
  readonly intervals: readonly { readonly id: number; readonly low: number; readonly high: number }[];
}

const AXES = ["macs", "params", "memory_bytes"] as const;
export type CostKey = (typeof AXES)[number];

type Costs<Key extends CostKey> = Readonly<Record<Key, number>>;

/** A bar of the histogram: stitches with low <= cost < high, of the last bar also those at its end. */
interface Bin {
  readonly axis: CostKey;
  readonly low: number;
  readonly high: number;
  readonly stitches: number;
}

const BINS = 40;
const TEXT_BINS = 16;

/** Histogram of the stitches' costs; `axis` is the one that the intervals divide. Counted here: a plan may be large. */
export function makePlanChart(data: PlanChartData, axis: CostKey = "macs"): Chart {
  const { label } = fieldOf(axis);
  const { stitches, anchors, intervals } = data;
  return new Chart({
    title: `${stitches.length} stitches by ${label}`,
    description:
      `Histogram of the ${label} of ${stitches.length} stitches, from ${formatField(axis, lowest(stitches, axis))} to ` +
      `${formatField(axis, highest(stitches, axis))}, in ${intervals.length} cost intervals.`,
    height: 260,
    body: (theme) => planBody(data, axis, theme),
    text: ({ width, color }) => {
      const bars = countBins(stitches, axis, TEXT_BINS).map((bin) => ({
        label: formatField(axis, bin.high),
        value: bin.stitches,
      }));
      const names = anchors.map((anchor) => `${anchor.name} ${formatField(axis, anchor[axis])}`).join(", ");
      const ends = intervals.map(({ high }) => formatField(axis, high)).join(", ");
      const head = [`Stitches by ${label}, up to`, barsText(bars, { width, color })];
      return [
        ...head,
        ...wrap(`Intervals end at ${ends}.`, width),
        ...wrap(`Anchors: ${names}.`, width),
      ].join("\n");
    },
  });
}

/** Counts per bin over the range of the values, `count` bins of equal width; one bin where all are equal. */
export function countBins<Key extends CostKey>(
  points: readonly Costs<Key>[],
  axis: Key,
  count: number,
): Bin[] {
  if (points.length === 0) return [];
  const low = lowest(points, axis);
  const high = highest(points, axis);
  if (low === high) return [{ axis, low, high, stitches: points.length }];
  const width = (high - low) / count;
  const counts = new Array<number>(count).fill(0);
  for (const point of points) {
    const bin = Math.min(count - 1, Math.floor((point[axis] - low) / width));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts.map((stitches, i) => ({
    axis,
    low: low + i * width,
    high: i === count - 1 ? high : low + (i + 1) * width,
    stitches,
  }));
}

function planBody(
  { stitches, anchors, intervals }: PlanChartData,
  axis: CostKey,
  theme: Theme,
): VegaLiteSpec {
  const bins = AXES.flatMap((key) => countBins(stitches, key, BINS)).map((bin) => ({
    ...bin,
    range: `${formatField(bin.axis, bin.low)} to ${formatField(bin.axis, bin.high)}`,
  }));
  const ends = intervals.flatMap(({ low, high }) => [low, high]);
  const rules = [...new Set(ends)].map((at) => ({
    axis,
    at,
    text: `Interval ends at ${formatField(axis, at)}`,
  }));
  const places = anchors.flatMap((anchor) =>
    AXES.map((key) => ({
      axis: key,
      at: anchor[key],
      name: anchor.name,
      cost: formatField(key, anchor[key]),
    })),
  );
  const others = AXES.filter((key) => key !== axis);
  const chosen = [{ filter: "datum.axis == x_axis" }];
  const options = [axis, ...others];
  const labels = options.map((key) => fieldOf(key).label);
  const title = {
    expr: `${JSON.stringify(Object.fromEntries(options.map((key, i) => [key, labels[i]])))}[x_axis]`,
  };
  const x = (field: string) => ({
    field,
    type: "quantitative",
    scale: { zero: false, nice: false, padding: 10 },
    axis: {
      title,
      labelExpr: "format(datum.value, '~s')",
      grid: false,
      tickCount: { expr: "clamp(width / 90, 3, 9)" },
    },
  });
  return {
    params: [{ name: "x_axis", value: axis, bind: { input: "select", options, labels, name: "Cost" } }],
    layer: [
      {
        data: { values: bins },
        transform: chosen,
        mark: { type: "bar", color: theme.frontier, stroke: theme.page, strokeWidth: 1, aria: false },
        encoding: {
          x: x("low"),
          x2: { field: "high" },
          y: { field: "stitches", type: "quantitative", axis: { title: "Stitches", tickMinStep: 1 } },
          y2: { datum: 0 },
          tooltip: [
            { field: "range", title: "Cost", type: "nominal" },
            { field: "stitches", title: "Stitches", type: "quantitative" },
          ],
        },
      },
      {
        data: { values: rules },
        transform: chosen,
        mark: { type: "rule", color: theme.muted, strokeDash: [4, 4], aria: false },
        encoding: { x: x("at"), tooltip: [{ field: "text", title: "Interval", type: "nominal" }] },
      },
      {
        data: { values: places },
        transform: chosen,
        mark: {
          type: "point",
          shape: "diamond",
          filled: true,
          size: 160,
          opacity: 1,
          color: theme.anchor,
          stroke: theme.page,
          aria: false,
        },
        encoding: {
          x: x("at"),
          y: { value: -8 },
          tooltip: [
            { field: "name", title: "Anchor", type: "nominal" },
            { field: "cost", title: "Cost", type: "nominal" },
          ],
        },
      },
      {
        data: { values: places },
        transform: chosen,
        mark: {
          type: "text",
          align: { expr: `${IS_RIGHT} ? 'right' : ${IS_LEFT} ? 'left' : 'center'` },
          dx: { expr: `${IS_RIGHT} ? 4 : ${IS_LEFT} ? -4 : 0` },
          fontSize: 12,
          color: theme.ink,
          aria: false,
        },
        encoding: { x: x("at"), y: { value: -24 }, text: { field: "name", type: "nominal" } },
      },
    ],
  };
}

const IS_RIGHT = "scale('x', datum.at) > width * 0.9";
const IS_LEFT = "scale('x', datum.at) < width * 0.1";

function lowest<Key extends CostKey>(points: readonly Costs<Key>[], axis: Key): number {
  return points.reduce((least, point) => Math.min(least, point[axis]), Number.POSITIVE_INFINITY);
}

function highest<Key extends CostKey>(points: readonly Costs<Key>[], axis: Key): number {
  return points.reduce((most, point) => Math.max(most, point[axis]), Number.NEGATIVE_INFINITY);
}

function wrap(text: string, width: number): string[] {
  return wrapAnsi(text, width, { hard: true }).split("\n");
}
