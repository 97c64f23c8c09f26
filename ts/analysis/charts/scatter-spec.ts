/** The Vega-Lite specification of the chart of stitches: marks in, layers out. */
import { axisLabel, fieldOf } from "../fields.js";
import type { ScatterSeries } from "./scatter.js";
import { seriesColour, type Theme } from "./theme.js";
import type { VegaLiteSpec } from "./vega.js";

export interface ScatterSettings {
  readonly x: string;
  readonly y: string;
  readonly xChoices: readonly string[];
  readonly yChoices: readonly string[];
  readonly baselines: readonly ScatterSeries[];
}

/** One mark. `base` is its group where that does not depend on the axes; `on`: pairs of axes with it on the frontier. */
export interface Mark {
  readonly id: number;
  readonly name: string;
  /** Empty for the chart's own points, else the name of the baseline. */
  readonly series: string;
  readonly base: string | null;
  readonly on: readonly string[];
  readonly [field: string]: unknown;
}

export const GROUPS = {
  frontier: "On the frontier",
  dominated: "Dominated",
  infeasible: "Outside the bounds",
  anchor: "Whole anchor",
} as const;

/** Above this many marks, catching the nearest one costs more than it helps. */
const MOST_NEAREST = 2000;

/** The specification of the chart of stitches, without size and configuration. */
export function scatterBody(marks: readonly Mark[], settings: ScatterSettings, theme: Theme): VegaLiteSpec {
  const look = looks(marks, settings, theme);
  const scaleOf = (key: keyof Look) => ({
    domain: look.map(({ group }) => group),
    range: look.map((entry) => entry[key]),
  });
  const legend = {
    title: null,
    orient: "bottom",
    columns: { expr: "width < 440 ? 2 : width < 800 ? 3 : 6" },
    offset: 14,
  };
  const place = { x: placeChannel("x", settings), y: placeChannel("y", settings) };
  const group = { field: "group", type: "nominal", legend };
  const lit = (value: string | number, otherwise: string | number) => ({
    condition: { param: "hovered", empty: false, value },
    value: otherwise,
  });
  const hover = {
    type: "point",
    on: "pointerover",
    clear: "pointerout",
    nearest: marks.length <= MOST_NEAREST,
  };
  return {
    params: [axisParam("x", "Cost", settings.xChoices), axisParam("y", "Metric", settings.yChoices)],
    data: { values: marks },
    transform: [
      { calculate: "datum[x_axis]", as: "x" },
      { calculate: "datum[y_axis]", as: "y" },
      { filter: "isValid(datum.x) && isValid(datum.y)" },
      { calculate: "indexof(datum.on, x_axis + '/' + y_axis) >= 0", as: "on_frontier" },
      { calculate: groupExpression(), as: "group" },
      // What matters lies on top.
      { calculate: "(datum.on_frontier ? 2 : 0) + (isValid(datum.base) ? 1 : 0)", as: "height" },
    ],
    layer: [
      frontierLine({ place, scale: scaleOf("colour"), legend }, settings, theme),
      {
        name: "marks",
        params: [{ name: "hovered", select: hover }],
        mark: { type: "point", filled: true, opacity: 1, strokeWidth: 1, aria: false },
        encoding: {
          ...place,
          color: { ...group, scale: scaleOf("colour") },
          shape: { ...group, scale: scaleOf("shape") },
          size: {
            condition: look.map(({ group: own, size }) => ({
              test: `datum.group == ${JSON.stringify(own)}`,
              value: size,
            })),
            value: 40,
          },
          stroke: lit(theme.ink, theme.page),
          strokeWidth: lit(2.5, 1),
          order: { field: "height", type: "quantitative" },
          tooltip: tooltipFields(settings),
        },
      },
      // Twice, the first as a halo, so that lines behind the names do not cross them out.
      anchorNames(place, { stroke: theme.page, strokeWidth: 4, strokeJoin: "round" }),
      anchorNames(place, { color: theme.ink }),
    ],
  };
}

/** Custom path: an upright cross is easily taken for a plus sign of the axes. */
const CROSS = "M-1,-0.7L-0.7,-1L0,-0.3L0.7,-1L1,-0.7L0.3,0L1,0.7L0.7,1L0,0.3L-0.7,1L-1,0.7L-0.3,0Z";
const SERIES_SHAPES = ["triangle-up", "square", "triangle-down"];

interface Look {
  readonly group: string;
  readonly colour: string;
  readonly shape: string;
  readonly size: number;
}

function looks(marks: readonly Mark[], settings: ScatterSettings, theme: Theme): Look[] {
  const used = new Set(marks.map(({ base }) => base));
  const own: Look[] = [
    { group: GROUPS.frontier, colour: theme.frontier, shape: "circle", size: 90 },
    { group: GROUPS.dominated, colour: theme.dominated, shape: "circle", size: 36 },
    { group: GROUPS.anchor, colour: theme.anchor, shape: "diamond", size: 150 },
    { group: GROUPS.infeasible, colour: theme.infeasible, shape: CROSS, size: 90 },
  ];
  const others = settings.baselines.map(({ name }, i) => ({
    group: name,
    colour: seriesColour(theme, i),
    shape: SERIES_SHAPES[i % SERIES_SHAPES.length] as string,
    size: 110,
  }));
  const hasFree = used.has(null);
  const isFree = (group: string) => group === GROUPS.frontier || group === GROUPS.dominated;
  return [...own, ...others].filter(({ group }) => (isFree(group) ? hasFree : used.has(group)));
}

function groupExpression(): string {
  const free = `datum.on_frontier ? ${JSON.stringify(GROUPS.frontier)} : ${JSON.stringify(GROUPS.dominated)}`;
  return `isValid(datum.base) ? datum.base : (${free})`;
}

function axisParam(side: "x" | "y", name: string, choices: readonly string[]): VegaLiteSpec {
  const param = { name: `${side}_axis`, value: choices[0] };
  if (choices.length < 2) return param;
  const labels = choices.map((key) => fieldOf(key).label);
  return { ...param, bind: { input: "select", options: choices, labels, name } };
}

function placeChannel(side: "x" | "y", settings: ScatterSettings): VegaLiteSpec {
  const choices = side === "x" ? settings.xChoices : settings.yChoices;
  const choose = (text: (key: string) => string) =>
    choices.reduceRight((rest, key, i) => {
      const own = JSON.stringify(text(key));
      return i === choices.length - 1 ? own : `${side}_axis == ${JSON.stringify(key)} ? ${own} : ${rest}`;
    }, "");
  return {
    field: side,
    type: "quantitative",
    scale: { zero: false, nice: true, padding: 12 },
    axis: {
      title: { expr: choose(axisLabel) },
      labelExpr: `format(datum.value, ${choose(axisFormat)})`,
      tickCount: { expr: side === "x" ? "clamp(width / 90, 3, 9)" : "clamp(height / 55, 3, 9)" },
      grid: true,
    },
  };
}

function axisFormat(key: string): string {
  return fieldOf(key).format === "share" ? "~%" : "~s";
}

interface Channels {
  readonly place: VegaLiteSpec;
  readonly scale: VegaLiteSpec;
  readonly legend: VegaLiteSpec;
}

function frontierLine(
  { place, scale, legend }: Channels,
  settings: ScatterSettings,
  theme: Theme,
): VegaLiteSpec {
  const isCost = fieldOf(settings.x).better === "less";
  return {
    transform: [
      { filter: "datum.on_frontier" },
      { calculate: `datum.series == '' ? ${JSON.stringify(GROUPS.frontier)} : datum.series`, as: "line" },
    ],
    mark: {
      type: "line",
      interpolate: isCost ? "step-after" : "step-before",
      strokeWidth: 2,
      opacity: 0.75,
      aria: false,
      tooltip: null,
    },
    encoding: {
      ...place,
      detail: { field: "series", type: "nominal" },
      // The own line is there also where all of its points are anchors, and so not in the scale.
      color: {
        condition: { test: "datum.series == ''", value: theme.frontier },
        field: "line",
        type: "nominal",
        scale,
        legend,
      },
      strokeDash: { condition: { test: "datum.series == ''", value: [1, 0] }, value: [5, 4] },
    },
  };
}

function anchorNames(place: VegaLiteSpec, paint: VegaLiteSpec): VegaLiteSpec {
  const isRight = "scale('x', datum.x) > width * 0.7";
  return {
    transform: [{ filter: `datum.base == ${JSON.stringify(GROUPS.anchor)}` }],
    mark: {
      type: "text",
      align: { expr: `${isRight} ? 'right' : 'left'` },
      dx: { expr: `${isRight} ? -10 : 10` },
      dy: 12,
      fontSize: 12,
      aria: false,
      tooltip: null,
      ...paint,
    },
    encoding: { ...place, text: { field: "name", type: "nominal" } },
  };
}

function tooltipFields(settings: ScatterSettings): VegaLiteSpec[] {
  const text = (field: string, title: string) => ({ field, title, type: "nominal" });
  const fields = [...new Set(["macs", "params", ...settings.xChoices, ...settings.yChoices])];
  return [
    text("name", "Stitch"),
    text("id", "Id"),
    text("route", "Route"),
    ...fields.map((field) => ({
      field,
      title: fieldOf(field).label,
      type: "quantitative",
      format: fieldOf(field).format === "share" ? ".1%" : ".3s",
    })),
    text("group", "Group"),
  ];
}
