/**
 * The chart of stitches: each by cost and metric, the frontier as a step line (a budget between two
 * stitches buys the cheaper one), whole anchors, what is outside given bounds, and other series to compare with.
 */
import { axesOf, axisLabel, fieldOf } from "../fields.js";
import { paretoFrontier } from "../frontier.js";
import { type Bounds, isFeasible } from "../selection.js";
import { scatterText, type TextSeries } from "../terminal.js";
import { Chart } from "./chart.js";
import { GROUPS, type Mark, type ScatterSettings, scatterBody } from "./scatter-spec.js";

/** A stitch to draw; its further fields (accuracy, latency_ms, ...) are found by name. */
export interface ScatterPoint {
  readonly id: number;
  readonly name: string;
  readonly macs: number;
  readonly params: number;
  /** The route in words, shown on hover. */
  readonly route?: string;
  /** Whether it is a whole anchor. */
  readonly anchor?: boolean;
}

export interface ScatterSeries {
  readonly name: string;
  readonly points: readonly ScatterPoint[];
}

/** Bounds by field. */
export type FieldConstraints = Readonly<Record<string, Bounds>>;

export interface ScatterOptions {
  readonly title?: string;
  /** Field of the horizontal axis, a cost; `macs` unless given. */
  readonly x?: string;
  /** Field of the vertical axis, a metric. */
  readonly y: string;
  /** Fields that a reader may choose instead, where the chart is live; more than these two on an axis. */
  readonly xChoices?: readonly string[];
  readonly yChoices?: readonly string[];
  readonly constraints?: FieldConstraints;
  readonly baselines?: readonly ScatterSeries[];
}

/** The same with its fields open to be read by name. */
type Row = ScatterPoint & Readonly<Record<string, unknown>>;

const OWN = "";

/** Chart of `points` on (x, y); points without a finite value there are left out. */
export function makeScatterChart<Point extends ScatterPoint>(
  points: readonly Point[],
  options: ScatterOptions,
): Chart {
  const settings = settle(options);
  const constraints = options.constraints ?? {};
  const fits = (point: Row) => isWithin(point, constraints);
  const marks = [
    ...makeMarks(points as readonly Row[], OWN, fits, settings),
    ...settings.baselines.flatMap(({ name, points: others }) =>
      makeMarks(others as readonly Row[], name, () => true, settings),
    ),
  ];
  const { x, y } = settings;
  const shown = marks.filter((mark) => isNumber(mark[x]) && isNumber(mark[y]));
  const frontier = shown.filter((mark) => mark.series === OWN && mark.on.includes(pairOf(x, y)));
  const count = shown.filter(({ series }) => series === OWN).length;
  const description =
    `${fieldOf(y).label} against ${fieldOf(x).label}: ${frontier.length} of ${count} stitches ` +
    `are on the Pareto frontier${settings.baselines.map(({ name }) => `, beside ${name}`).join("")}.`;
  return new Chart({
    title: options.title ?? `${fieldOf(y).label} and ${fieldOf(x).label} of each stitch`,
    description,
    body: (theme) => scatterBody(marks, settings, theme),
    text: (text) =>
      scatterText(textSeries(shown, settings), {
        ...text,
        x: fieldOf(x),
        y: { ...fieldOf(y), label: axisLabel(y) },
      }),
  });
}

function settle(options: ScatterOptions): ScatterSettings {
  const x = options.x ?? "macs";
  const { y } = options;
  const own = Object.values(GROUPS) as string[];
  const baselines = (options.baselines ?? []).map((series, i) => {
    const isTaken = own.includes(series.name) || series.name === OWN;
    return isTaken ? { ...series, name: `Baseline ${i + 1}` } : series;
  });
  return {
    x,
    y,
    xChoices: [...new Set([x, ...(options.xChoices ?? [])])],
    yChoices: [...new Set([y, ...(options.yChoices ?? [])])],
    baselines,
  };
}

/** A point that was not measured on a bounded field cannot be said to be within the bound. */
function isWithin(point: Row, constraints: FieldConstraints): boolean {
  return Object.keys(constraints).every((key) => isNumber(point[key])) && isFeasible(point, constraints);
}

function makeMarks(
  points: readonly Row[],
  series: string,
  fits: (point: Row) => boolean,
  settings: ScatterSettings,
): Mark[] {
  const feasible = new Set(points.filter(fits));
  const on = frontierPairs([...feasible], settings);
  const fields = [...new Set(["macs", "params", ...settings.xChoices, ...settings.yChoices])];
  return points.map((point) => ({
    id: point.id,
    name: point.name,
    ...(point.route === undefined ? {} : { route: point.route }),
    ...Object.fromEntries(fields.filter((key) => isNumber(point[key])).map((key) => [key, point[key]])),
    series,
    base: baseGroup(point, series, feasible.has(point)),
    on: on.get(point) ?? [],
  }));
}

function baseGroup(point: Row, series: string, isFeasible: boolean): string | null {
  if (series !== OWN) return series;
  if (!isFeasible) return GROUPS.infeasible;
  return point.anchor === true ? GROUPS.anchor : null;
}

/** Of each point the pairs of axes on which it is on the frontier. */
function frontierPairs(points: readonly Row[], settings: ScatterSettings): Map<Row, string[]> {
  const pairs = new Map<Row, string[]>();
  for (const x of settings.xChoices) {
    for (const y of settings.yChoices) {
      const measured = points.filter((point) => isNumber(point[x]) && isNumber(point[y]));
      for (const point of paretoFrontier(measured, axesOf<Row>(x, y))) {
        pairs.set(point, [...(pairs.get(point) ?? []), pairOf(x, y)]);
      }
    }
  }
  return pairs;
}

function pairOf(x: string, y: string): string {
  return `${x}/${y}`;
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function textSeries(marks: readonly Mark[], { x, y, baselines }: ScatterSettings): TextSeries[] {
  const pick = (isIn: (mark: Mark) => boolean) =>
    marks.filter(isIn).map((mark) => [mark[x] as number, mark[y] as number] as const);
  const isOn = ({ on }: Mark) => on.includes(pairOf(x, y));
  const own = (group: string | null) => (mark: Mark) => mark.series === OWN && mark.base === group;
  return [
    { label: GROUPS.dominated, style: "dominated", points: pick((mark) => own(null)(mark) && !isOn(mark)) },
    { label: GROUPS.infeasible, style: "infeasible", points: pick(own(GROUPS.infeasible)) },
    ...baselines.map(({ name }, i) => ({
      label: name,
      style: `series-${i % 3}` as TextSeries["style"],
      points: pick((mark) => mark.series === name),
    })),
    { label: GROUPS.frontier, style: "frontier", points: pick((mark) => own(null)(mark) && isOn(mark)) },
    { label: GROUPS.anchor, style: "anchor", points: pick(own(GROUPS.anchor)) },
    { label: "", style: "line", points: pick((mark) => mark.series === OWN && isOn(mark)) },
  ];
}
