/** The tables that the command line prints, as values: of a plan's intervals, of a run's measured stitches. */
import { axesOf, fieldOf, formatField } from "../analysis/fields.js";
import { paretoFrontier } from "../analysis/frontier.js";
import { measuredOn } from "../analysis/points.js";
import { fieldColumn, markColumn } from "../analysis/table.js";
import { Table } from "../analysis/table-view.js";
import type { Plan } from "../planning/plan-schema.js";
import { type MeasuredStitch, measuredStitches, metricOf, type Split } from "./measured.js";
import type { Run } from "./open-run.js";

/** A cost interval of a plan, with what of the stitch space lies in it. */
export interface IntervalRow {
  id: number;
  stitches: number;
  /** On the plan's cost axis; null where the interval is empty. */
  cheapest: number | null;
  dearest: number | null;
  /** Name of the dearest, the first of several. */
  dearest_stitch: string | null;
}

/** One row an interval: how many stitches it holds, the cheapest and the dearest of them. */
export function planTable({ intervals, stitches, config, family }: Plan): Table<IntervalRow> {
  const { axis } = config.deployment;
  const empty = { stitches: 0, cheapest: null, dearest: null, dearest_stitch: null };
  const rows: IntervalRow[] = intervals.map(({ id }) => ({ id, ...empty }));
  for (const stitch of stitches) {
    const row = rows[stitch.interval];
    if (row === undefined) continue;
    row.stitches += 1;
    row.cheapest = Math.min(row.cheapest ?? Number.POSITIVE_INFINITY, stitch[axis]);
    if (row.dearest !== null && stitch[axis] <= row.dearest) continue;
    row.dearest = stitch[axis];
    row.dearest_stitch = stitch.name;
  }
  const cost = (value: number | null) => (value === null ? "-" : formatField(axis, value));
  return new Table(`${family.name}: ${stitches.length} stitches by ${fieldOf(axis).label}`, rows, [
    { header: "interval", align: "right", text: ({ id }) => String(id) },
    { header: "stitches", align: "right", text: ({ stitches }) => String(stitches) },
    { header: `cheapest, ${axis}`, align: "right", text: ({ cheapest }) => cost(cheapest) },
    { header: `dearest, ${axis}`, align: "right", text: ({ dearest }) => cost(dearest) },
    { header: "the dearest", align: "left", text: ({ dearest_stitch }) => dearest_stitch ?? "" },
  ]);
}

/** A measured stitch, and whether none beats it on both cost and metric. */
export type ResultRow = MeasuredStitch & { readonly on_frontier: boolean };

/** The stitches of `run` that were measured on `split` (test unless given), cheapest first, the frontier marked. */
export function resultsTable(run: Run, options: { split?: Split; cost?: string } = {}): Table<ResultRow> {
  const { split = "test", cost = run.plan.config.deployment.axis } = options;
  const metric = metricOf(run);
  const measured = measuredOn(measuredStitches(run, split), [cost, metric]).sort((a, b) => a.macs - b.macs);
  const axes = axesOf<MeasuredStitch>(cost, metric);
  const frontier = new Set(paretoFrontier(measured, axes).map(({ id }) => id));
  const rows = measured.map((row) => ({ ...row, on_frontier: frontier.has(row.id) }));
  const keys = ["id", "name", "macs", "params", metric, "score", "draws"] as (keyof ResultRow & string)[];
  const title = `${run.plan.family.name}, ${run.plan.config.method.name}: ${rows.length} stitches on ${split} (* on the frontier)`;
  return new Table(title, rows, [
    markColumn<ResultRow>(({ on_frontier }) => on_frontier),
    ...keys.map((key) => fieldColumn<ResultRow>(key)),
  ]);
}
