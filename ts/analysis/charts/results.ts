/** The chart of a run's results: its evaluated stitches by cost and metric, the baselines beside them. */
import { fieldOf } from "../fields.js";
import { baselineRows, costKeys, metricKey, metricKeys, stitchRows } from "../report/points.js";
import type { ReportData } from "../report-data.js";
import type { Chart } from "./chart.js";
import { type FieldConstraints, makeScatterChart } from "./scatter.js";

export interface ResultsOptions {
  /** Split whose metrics are shown; the report's own unless given. */
  readonly split?: string | undefined;
  /** Cost on the horizontal axis; the one the palette was chosen along unless given. */
  readonly cost?: string | undefined;
  /** Metric on the vertical axis; the task's own unless given. */
  readonly metric?: string | undefined;
  /** Bounds outside of which stitches are marked as such. */
  readonly constraints?: FieldConstraints | undefined;
}

/** Chart of `data`; a reader of the live chart may choose every cost and metric that was measured. */
export function makeResultsChart(data: ReportData, options: ResultsOptions = {}): Chart {
  const split = options.split ?? data.split;
  const metric = options.metric ?? metricKey(data, split);
  const cost = options.cost ?? data.deployment.axis;
  return makeScatterChart(stitchRows(data.stitches, data, split), {
    title: `${fieldOf(metric).label} on the ${split} split against ${fieldOf(cost).label}`,
    x: cost,
    y: metric,
    xChoices: costKeys(data),
    yChoices: metricKeys(data, split),
    baselines: baselineRows(data, split).map(({ name, rows }) => ({ name, points: rows })),
    ...(options.constraints === undefined ? {} : { constraints: options.constraints }),
  });
}
