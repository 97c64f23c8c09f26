/** The tables that the command line prints, as values: of a plan's intervals, of a run's measured stitches. */
import { axesOf, fieldOf, formatField } from "../analysis/fields.js";
import { paretoFrontier } from "../analysis/frontier.js";
import { measuredOn } from "../analysis/points.js";
import { fieldColumn, markColumn } from "../analysis/table.js";
import { Table } from "../analysis/table-view.js";
import { COST_FIELDS, type CostAxis } from "../config/schema/deployment.js";
import type { Split } from "../engine/run-files.js";
import type { Plan } from "../planning/plan-schema.js";
import { latenciesOf } from "./latencies.js";
import { costField, type MeasuredStitch, measuredStitches, metricOf, unmeasured } from "./measured.js";
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
  const field = COST_FIELDS[axis];
  const empty = { stitches: 0, cheapest: null, dearest: null, dearest_stitch: null };
  const rows: IntervalRow[] = intervals.map(({ id }) => ({ id, ...empty }));
  for (const stitch of stitches) {
    const row = rows[stitch.interval];
    if (row === undefined) continue;
    row.stitches += 1;
    const cost = stitch[field];
    row.cheapest = Math.min(row.cheapest ?? Number.POSITIVE_INFINITY, cost);
    if (row.dearest !== null && cost <= row.dearest) continue;
    row.dearest = cost;
    row.dearest_stitch = stitch.name;
  }
  const cost = (value: number | null) => (value === null ? "-" : formatField(field, value));
  return new Table(`${family.name}: ${stitches.length} stitches by ${fieldOf(field).label}`, rows, [
    { header: "interval", align: "right", text: ({ id }) => String(id) },
    { header: "stitches", align: "right", text: ({ stitches }) => String(stitches) },
    { header: `cheapest, ${axis}`, align: "right", text: ({ cheapest }) => cost(cheapest) },
    { header: `dearest, ${axis}`, align: "right", text: ({ dearest }) => cost(dearest) },
    { header: "the dearest", align: "left", text: ({ dearest_stitch }) => dearest_stitch ?? "" },
  ]);
}

/** A measured stitch, and whether none beats it on both cost and metric. */
export type ResultRow = MeasuredStitch & { readonly on_frontier: boolean };

export interface ResultsTableOptions {
  /** Test unless given. */
  split?: Split | undefined;
  /** The run's own axis unless given. */
  cost?: CostAxis | undefined;
  /** Batch size of the latencies; that of the last measurement unless given. */
  batchSize?: number | undefined;
}

/**
 * The stitches of `run` that were measured on the split, cheapest first, the frontier marked.
 *
 * @throws EstaError("usage") for the cost `latency` where none was measured.
 */
export function resultsTable(run: Run, options: ResultsTableOptions = {}): Table<ResultRow> {
  const { split = "test", batchSize } = options;
  const metric = metricOf(run);
  const cost = costField(run, options.cost);
  if (cost === "latency_ms" && latenciesOf(run, batchSize) === undefined) throw unmeasured(run, batchSize);
  const measured = measuredOn(measuredStitches(run, split, { batchSize }), [cost, metric]).sort(
    (a, b) => Number(a[cost]) - Number(b[cost]) || a.id - b.id,
  );
  const axes = axesOf<MeasuredStitch>(cost, metric);
  const frontier = new Set(paretoFrontier(measured, axes).map(({ id }) => id));
  const rows = measured.map((row) => ({ ...row, on_frontier: frontier.has(row.id) }));
  const costs = [...new Set(["macs", "params", cost])];
  const keys = ["id", "name", ...costs, metric, "score", "draws"] as (keyof ResultRow & string)[];
  const title = `${run.plan.family.name}, ${run.plan.config.method.name}: ${rows.length} stitches on ${split} (* on the frontier)`;
  return new Table(title, rows, [
    markColumn<ResultRow>(({ on_frontier }) => on_frontier),
    ...keys.map((key) => fieldColumn<ResultRow>(key)),
  ]);
}
